/** The current time. Handlers use it, so that a test can set it. */
export class Clock {
  /** @returns the current time. */
  now(): Date {
    return new Date();
  }
}
