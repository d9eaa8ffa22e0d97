/** Timeouts of Redis commands in milliseconds, by use. */
export const REDIS_TIMEOUT_MS = {
  /** Cache and rate limits, for every request: they work without Redis. */
  cache: 250,
  /** Single commands of a request. */
  command: 1_000,
  /** A batch of deliveries, while the relay's transaction is open. */
  queue: 3_000,
} as const;

/**
 * Calls back after a timeout, but first lets the event loop read what has arrived: if the loop was blocked, timers fire
 * late although the responses have arrived.
 *
 * @param limitMs milliseconds
 * @param onTimeout gets `Command timed out`
 * @returns ends the wait
 */
export function startTimeLimit(limitMs: number, onTimeout: (error: Error) => void): () => void {
  const timer = setTimeout(() => {
    // Between a timer and an immediate the event loop reads its sockets.
    setImmediate(() => onTimeout(new Error('Command timed out')));
  }, limitMs);
  return () => clearTimeout(timer);
}

/**
 * Waits for work of several commands, or for a connection, with a time limit.
 *
 * @param limitMs milliseconds
 * @throws what the work throws
 * @throws Error `Command timed out`; the work can continue in the background
 */
export function withinTimeLimit<T>(limitMs: number, work: Promise<T>): Promise<T> {
  return new Promise<T>((resolve, reject) => {
    const stop = startTimeLimit(limitMs, reject);
    work.finally(stop).then(resolve, reject);
  });
}
