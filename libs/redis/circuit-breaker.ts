import { Logger } from '@nestjs/common';

/**
 * Milliseconds without calls after a failure; otherwise a Redis that does not respond would cost every request its
 * timeout.
 */
const PAUSE_MS = 1_000;

/**
 * Circuit breaker for an optional dependency. After a failure it is not called for a second; then a single caller tries
 * it, and the others continue without it until that call succeeds.
 */
export class CircuitBreaker {
  private readonly log: Logger;
  /** 0 while it is closed. */
  private openUntil = 0;

  /** @param name of the dependency, for the log */
  constructor(name: string) {
    this.log = new Logger(name);
  }

  /**
   * @param work calls the dependency, with its own timeout
   * @returns what `work` returns; undefined if it failed, or was not called because of a recent failure
   */
  async run<T>(work: () => Promise<T>): Promise<T | undefined> {
    if (this.openUntil > 0) {
      const now = performance.now();
      if (now < this.openUntil) return undefined;
      this.openUntil = now + PAUSE_MS; // for all but this one
    }
    try {
      const answer = await work();
      if (this.openUntil > 0) this.log.log('answers again.');
      this.openUntil = 0;
      return answer;
    } catch (error) {
      if (this.openUntil === 0)
        this.log.warn(`does not answer, requests go on without it: ${(error as Error).message}`);
      this.openUntil = performance.now() + PAUSE_MS;
      return undefined;
    }
  }
}
