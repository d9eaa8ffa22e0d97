import type { Context } from '@rookery/application';

/** @returns a context declared by hand, for a suite that needs a small one of its own. */
export function contextOf(name: string, parts: Partial<Omit<Context, 'name'>> = {}): Context {
  return {
    name,
    tags: { [name]: 'Planted by a suite.' },
    permissions: {},
    requires: [],
    synchronize: undefined,
    schemas: [],
    providers: [],
    offers: [],
    asks: [],
    apiProviders: [],
    rootPaths: [],
    controllers: [],
    handlers: [],
    subscribers: [],
    schedules: [],
    personalData: undefined,
    seed: undefined,
    cli: {},
    fixtures: {},
    ...parts,
  };
}
