/** The current work has used up its time to wait for dependencies. */
export class WaitBudgetSpent extends Error {
  readonly code = 'ETIMEDOUT';
}

const STEP_MS = 250;
/** A step that takes longer was not a wait for the dependency: the event loop was blocked. */
const MAX_STEP_MS = 2 * STEP_MS;

/**
 * The total time that a piece of work can wait for its dependencies. Concurrent waits count once. Time for its own
 * work, or for waiting for its client, is not counted. Neither is time in which the event loop was blocked, except for
 * half a second each time: results that arrived meanwhile have not been read.
 */
export class WaitBudget {
  /** What ends each of the current waits. */
  private readonly waits = new Set<() => void>();
  private leftMs: number;
  /** Until when the time of the current waits is deducted. */
  private since = 0;
  private timer: NodeJS.Timeout | undefined;

  /**
   * @param totalMs milliseconds
   * @param message of the error when they are used up
   */
  constructor(
    private readonly totalMs: number,
    private readonly message = 'The time to wait for dependencies is used up.',
  ) {
    this.leftMs = totalMs;
  }

  /** Resets the budget, for work in batches: each batch can wait as long as a request. */
  renew(): void {
    this.leftMs = this.totalMs;
    if (this.waits.size > 0) this.startStep();
  }

  /** Remaining milliseconds, at least 0. */
  get remainingMs(): number {
    return Math.max(0, this.leftMs - (this.waits.size > 0 ? this.stepMs : 0));
  }

  /**
   * Waits for a dependency and deducts the duration.
   *
   * @param begin starts the wait; it is called at once
   * @param abandon is called with the pending wait if the budget is used up before it ends
   * @throws WaitBudgetSpent if the budget is used up; without starting if nothing is left
   */
  async limit<T>(begin: () => Promise<T>, abandon?: (pending: Promise<T>) => void): Promise<T> {
    if (this.remainingMs === 0) throw new WaitBudgetSpent(this.message);
    const pending = begin();
    const { promise: spent, reject } = Promise.withResolvers<never>();
    const end = () => {
      reject(new WaitBudgetSpent(this.message));
      abandon?.(pending);
    };
    if (this.waits.size === 0) this.startStep();
    this.waits.add(end);
    try {
      return await Promise.race([pending, spent]);
    } finally {
      this.waits.delete(end);
      if (this.waits.size === 0) this.endStep();
    }
  }

  private get stepMs(): number {
    return Math.min(performance.now() - this.since, MAX_STEP_MS);
  }

  private startStep(): void {
    this.since = performance.now();
    clearTimeout(this.timer);
    this.timer = setTimeout(
      () => {
        this.endStep();
        if (this.leftMs > 0) this.startStep();
        else setImmediate(() => this.endWaits()); // before an immediate, the event loop reads its sockets
      },
      Math.min(STEP_MS, this.leftMs),
    );
  }

  private endStep(): void {
    clearTimeout(this.timer);
    this.leftMs -= this.stepMs;
    this.since = performance.now();
  }

  private endWaits(): void {
    if (this.leftMs > 0) return; // it was renewed
    for (const end of this.waits) end();
  }
}
