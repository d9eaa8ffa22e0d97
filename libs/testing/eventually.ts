/**
 * Polls for an outcome instead of waiting for a fixed time.
 *
 * @param expectation throws, or resolves to false, until the outcome is reached
 * @param withinMs milliseconds after which the last failure is thrown
 * @returns what the expectation returned
 */
export async function eventually<T>(
  expectation: () => T | Promise<T>,
  withinMs = 60_000,
): Promise<Exclude<T, false>> {
  const giveUpAt = performance.now() + withinMs;
  for (;;) {
    try {
      const result = await expectation();
      if (result === false) throw new Error(`Not within ${withinMs} ms: ${expectation.toString()}`);
      return result as Exclude<T, false>;
    } catch (error) {
      if (performance.now() > giveUpAt) throw error;
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }
}
