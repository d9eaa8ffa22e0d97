import { Logger } from '@nestjs/common';

/** Milliseconds for which nobody asks after a failure: a silent Redis would cost every request its time limit. */
const PAUSE_MS = 1_000;

/**
 * Asks a dependency that its callers can do without. After a failure nobody asks for a second; then one caller tries
 * again, and the others go on without until it has an answer.
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
   * @param work asks, within a time limit of its own
   * @returns what `work` returns; undefined when it failed, or was not called because it has just failed
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
