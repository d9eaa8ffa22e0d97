/** Nothing is left of the time that the present work may wait for what it depends on. */
export class WaitBudgetSpent extends Error {
  readonly code = 'ETIMEDOUT';

  constructor() {
    super('The time to wait for dependencies is used up.');
  }
}

/**
 * How long a piece of work may wait for what it depends on, all waits together. The clock runs while anything is waited
 * for, once for waits at the same time; what the work does itself, or waits for its client, is not counted.
 */
export class WaitBudget {
  private waiting = 0;
  private since = 0;

  /** @param leftMs milliseconds in all */
  constructor(private leftMs: number) {}

  /** Milliseconds that are left; 0 when none are. */
  get remainingMs(): number {
    const current = this.waiting > 0 ? performance.now() - this.since : 0;
    return Math.max(0, this.leftMs - current);
  }

  /**
   * Counts a wait.
   *
   * @param start begins it and ends it by itself after at most so many milliseconds
   * @throws WaitBudgetSpent without starting when nothing is left
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
   * Waits for something that knows no time limit of its own.
   *
   * @param late is given what comes after all when nobody waits any more
   * @throws WaitBudgetSpent when nothing is left before it is there
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
