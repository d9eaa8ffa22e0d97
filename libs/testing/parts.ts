interface Parts {
  /** How many projects of jest use them: each has its own set-up and tear-down. */
  users: number;
  stop?: () => Promise<void>;
}

const KEY = Symbol.for('rookery.testing.parts');

/** What the set-up of a run leaves for its tear-down; jest loads the two apart, so it hangs on the process. */
export const parts: Parts = ((process as unknown as Record<symbol, Parts>)[KEY] ??= { users: 0 });
