interface Parts {
  /** Number of jest projects that use them: each has its own setup and teardown. */
  users: number;
  stop?: () => Promise<void>;
}

const KEY = Symbol.for('rookery.testing.parts');

/** State that the setup passes to the teardown; jest loads the two separately, so it is stored on `process`. */
export const parts: Parts = ((process as unknown as Record<symbol, Parts>)[KEY] ??= { users: 0 });
