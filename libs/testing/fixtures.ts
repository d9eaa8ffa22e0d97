import type { INestApplicationContext } from '@nestjs/common';
import type { Context } from '@rookery/application';

/**
 * Runs a fixture that a context declares.
 *
 * @param contexts of the app
 * @param app application whose providers the fixture uses
 * @param name `identity.enroll`
 * @returns what the fixture returns
 * @throws Error if no context declares a fixture with that name
 */
export function callFixture(
  contexts: readonly Context[],
  app: INestApplicationContext,
  name: string,
  args: object,
): Promise<unknown> {
  const [context, method] = name.split('.') as [string, string];
  const fixture = contexts.find((each) => each.name === context)?.fixtures[method];
  if (!fixture) throw new Error(`The context "${context}" declares no fixture "${method}".`);
  return fixture(app, args);
}
