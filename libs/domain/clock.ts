/** The time of day. Handlers take it from here, so that a test can move it. */
export class Clock {
  /** @returns the present instant. */
  now(): Date {
    return new Date();
  }
}
