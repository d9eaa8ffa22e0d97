import type { Type } from '@nestjs/common';
import type { Context } from '@rookery/application';
import { type Scheduled, scheduleOptions } from '@rookery/messaging';

/** @returns a context declared by hand, for a suite that needs its own small context. */
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

/**
 * Finds a schedule by its durable name, for suites that do not wait for its slot and must not import another feature.
 *
 * @throws Error when no context has it
 */
export function scheduleNamed(contexts: readonly Context[], name: string): Type<Scheduled> {
  const found = contexts
    .flatMap(({ schedules }) => schedules)
    .find((type) => scheduleOptions(type)?.name === name);
  if (!found) throw new Error(`No context has the schedule ${name}.`);
  return found;
}
