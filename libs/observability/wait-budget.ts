/** The current work has used up its time to wait for dependencies. */
export class WaitBudgetSpent extends Error {
  readonly code = 'ETIMEDOUT';

  constructor() {
    super('The time to wait for dependencies is used up.');
  }
}

/**
 * The total time that a piece of work can wait for its dependencies. Concurrent waits count once. Time for its own
 * work, or for waiting for its client, is not counted.
 */
export class WaitBudget {
  private waiting = 0;
  private since = 0;

  private leftMs: number;

  /** @param totalMs milliseconds */
  constructor(private readonly totalMs: number) {
    this.leftMs = totalMs;
  }

  /** Resets the budget, for work in batches: each batch can wait as long as a request. */
  renew(): void {
    this.leftMs = this.totalMs;
    if (this.waiting > 0) this.since = performance.now();
  }

  /** Remaining milliseconds, at least 0. */
  get remainingMs(): number {
    const current = this.waiting > 0 ? performance.now() - this.since : 0;
    return Math.max(0, this.leftMs - current);
  }

  /**
   * Runs a wait and deducts its duration.
   *
   * @param start starts the wait, and must time out after the given milliseconds
   * @throws WaitBudgetSpent without starting if nothing is left
   */
  async wait<T>(start: (limitMs: number) => Promise<T>): Promise<T> {
    const limitMs = this.remainingMs;
    if (limitMs === 0) throw new WaitBudgetSpent();
    if (this.waiting === 0) this.since = performance.now();
    this.waiting += 1;
    try {
      return await start(limitMs);
    } finally {
      this.waiting -= 1;
      if (this.waiting === 0) this.leftMs -= performance.now() - this.since;
    }
  }

  /**
   * Waits for something without its own timeout.
   *
   * @param late receives the result if it arrives after the timeout
   * @throws WaitBudgetSpent if the budget is used up before the result arrives
   */
  limit<T>(begin: () => Promise<T>, late: (result: T) => void): Promise<T> {
    return this.wait(async (limitMs) => {
      let over = false;
      let timer: NodeJS.Timeout | undefined;
      const spent = new Promise<never>((_, reject) => {
        timer = setTimeout(() => {
          over = true;
          reject(new WaitBudgetSpent());
        }, limitMs);
      });
      const beginning = begin();
      try {
        return await Promise.race([beginning, spent]);
      } catch (error) {
        if (over) void beginning.then(late, () => undefined);
        throw error;
      } finally {
        clearTimeout(timer);
      }
    });
  }
}
