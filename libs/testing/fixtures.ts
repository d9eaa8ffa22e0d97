import type { INestApplicationContext } from '@nestjs/common';
import type { Context } from '@rookery/application';
import { NO_CONNECTION } from '@rookery/persistence';

/** Fewer than a pool has connections: of more at once, some would wait longer than the pool lets them on a busy machine. */
const CONCURRENCY = 8;
const MAX_WAIT_MS = 60_000;
let running = 0;
const waiting: (() => void)[] = [];

/**
 * Runs a fixture that a context declares.
 *
 * @param contexts of the app
 * @param app application whose providers the fixture uses
 * @param name `identity.enroll`
 * @returns what the fixture returns
 * @throws Error if no context declares a fixture with that name
 */
export async function callFixture(
  contexts: readonly Context[],
  app: INestApplicationContext,
  name: string,
  args: object,
): Promise<unknown> {
  const [context, method] = name.split('.') as [string, string];
  const fixture = contexts.find((each) => each.name === context)?.fixtures[method];
  if (!fixture) throw new Error(`The context "${context}" declares no fixture "${method}".`);
  if (running === CONCURRENCY) await new Promise<void>((start) => waiting.push(start));
  else running += 1;
  try {
    return await connected(() => fixture(app, args));
  } finally {
    const next = waiting.shift();
    if (next) next();
    else running -= 1;
  }
}

/** Repeats what got no connection within two seconds: a busy machine may take longer to open one. */
async function connected(run: () => unknown): Promise<unknown> {
  const giveUpAt = performance.now() + MAX_WAIT_MS;
  for (;;) {
    try {
      return await run();
    } catch (error) {
      if ((error as Error).message !== NO_CONNECTION || performance.now() > giveUpAt) throw error;
    }
  }
}
