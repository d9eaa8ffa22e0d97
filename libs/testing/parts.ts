interface Parts {
  folder?: string;
  stop?: () => Promise<void>;
}

const KEY = Symbol.for('rookery.testing.parts');

/** What the set-up of a run leaves for its tear-down; jest loads the two apart, so it hangs on the process. */
export const parts: Parts = ((process as unknown as Record<symbol, Parts>)[KEY] ??= {});
