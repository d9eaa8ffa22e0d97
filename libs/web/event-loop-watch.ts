/** A longer delay of the event loop, in milliseconds, is a standstill. */
const MAX_LAG_MS = 5_000;
/** Minimum milliseconds of a window; it is as long as nobody asks. */
const WINDOW_MS = 10_000;
/** Windows in a row with a standstill in each: a single one is what a burst of requests does, and it is over. */
const SUSTAINED_WINDOWS = 2;

/** Says whether the event loop stands still again and again. */
export class EventLoopWatch {
  private since: number;
  private windows = 0;
  private longestMs = 0;

  /**
   * @param delay of the event loop, in nanoseconds, since the last reset; nobody else resets it
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
   * @returns milliseconds of the latest standstill if the last two windows each had one; else undefined
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
