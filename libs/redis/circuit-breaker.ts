import { Logger } from '@nestjs/common';

/**
 * Milliseconds without calls after a failure; otherwise a Redis that does not respond would cost every request its
 * timeout.
 */
const PAUSE_MS = 1_000;

/**
 * Circuit breaker for a dependency that callers can do without or wait for. After a failure it is not called for a
 * while; then a single caller tries it, and the others continue without it until that call succeeds.
 */
export class CircuitBreaker {
  private readonly log: Logger;
  private readonly pauseMs: number;
  private readonly threshold: number;
  /** 0 while it is closed. */
  private openUntil = 0;
  private failures = 0;

  /**
   * @param name of the dependency, for the log
   * @param options.pauseMs milliseconds without calls, a second by default
   * @param options.threshold consecutive failures that open it, one by default
   */
  constructor(name: string, { pauseMs = PAUSE_MS, threshold = 1 } = {}) {
    this.log = new Logger(name);
    this.pauseMs = pauseMs;
    this.threshold = threshold;
  }

  /** Milliseconds until a call is allowed; 0 if it is allowed now. */
  get waitMs(): number {
    return this.openUntil === 0 ? 0 : Math.max(0, this.openUntil - performance.now());
  }

  /** Whether it has failed and has not responded since. */
  get open(): boolean {
    return this.openUntil > 0;
  }

  /**
   * @param work calls the dependency, with its own timeout
   * @returns what `work` returns; undefined if it failed, or was not called because of a recent failure
   */
  async run<T>(work: () => Promise<T>): Promise<T | undefined> {
    if (!this.admit()) return undefined;
    try {
      const answer = await work();
      this.succeeded();
      return answer;
    } catch (error) {
      this.failed(error as Error);
      return undefined;
    }
  }

  /**
   * @returns whether the caller can call now; it must then report the outcome with {@link succeeded} or {@link failed}
   */
  admit(): boolean {
    if (this.openUntil > 0) {
      const now = performance.now();
      if (now < this.openUntil) return false;
      this.openUntil = now + this.pauseMs; // for all but this one
    }
    return true;
  }

  succeeded(): void {
    if (this.openUntil > 0) this.log.log('answers again.');
    this.openUntil = 0;
    this.failures = 0;
  }

  /** @param pauseMs milliseconds requested pause: opens immediately, regardless of the threshold */
  failed(error: Error, pauseMs?: number): void {
    this.failures += 1;
    if (pauseMs === undefined && this.openUntil === 0 && this.failures < this.threshold) return;
    if (this.openUntil === 0) this.log.warn(`does not answer, work goes on without it: ${error.message}`);
    this.openUntil = performance.now() + (pauseMs ?? this.pauseMs);
  }
}
