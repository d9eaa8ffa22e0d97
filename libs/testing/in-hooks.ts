/**
 * Starts something before the tests of the suite that calls this in its `describe`, and stops it after them.
 *
 * @param start what `beforeAll` does
 * @param stop what `afterAll` does, unless `start` has failed
 * @returns what `start` returned, to be used inside of tests and hooks
 */
export function inHooks<T extends object>(start: () => Promise<T>, stop: (started: T) => Promise<void>): T {
  let started: T | undefined;
  let failure: unknown = new Error(
    'The system is available only inside of tests and hooks, not while they are declared.',
  );
  beforeAll(async () => {
    started = await start().catch((error: unknown) => {
      failure = error;
      throw error;
    });
  }, 180_000);
  afterAll(() => started && stop(started), 120_000);
  return new Proxy({} as T, {
    get(_, name) {
      if (!started) throw failure;
      const value = Reflect.get(started, name, started) as unknown;
      return typeof value === 'function' ? value.bind(started) : value;
    },
  });
}
