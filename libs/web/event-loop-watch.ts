/** Delay of the event loop in milliseconds above which it counts as blocked. */
const MAX_LAG_MS = 5_000;
/** Minimum milliseconds of a window. A window ends with the next check after this time. */
const WINDOW_MS = 10_000;
/** Consecutive windows with a block. A single one can be a burst of requests that is already over. */
const SUSTAINED_WINDOWS = 2;

/** Detects an event loop that is blocked repeatedly. */
export class EventLoopWatch {
  private since: number;
  private windows = 0;
  private longestMs = 0;

  /**
   * @param delay of the event loop, in nanoseconds, since the last reset; must not be reset by others
   * @param now milliseconds of `performance.now()`
   */
  constructor(
    private readonly delay: { readonly max: number; reset(): void },
    now = performance.now(),
  ) {
    this.since = now;
  }

  /**
   * @param now milliseconds of `performance.now()`
   * @returns milliseconds of the latest block if each of the last two windows had one; otherwise undefined
   */
  sustainedMs(now = performance.now()): number | undefined {
    if (now - this.since >= WINDOW_MS) {
      this.longestMs = this.delay.max / 1e6;
      this.windows = this.longestMs > MAX_LAG_MS ? this.windows + 1 : 0;
      this.since = now;
      this.delay.reset();
    }
    return this.windows >= SUSTAINED_WINDOWS ? this.longestMs : undefined;
  }
}
