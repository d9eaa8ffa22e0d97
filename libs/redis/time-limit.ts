/** Milliseconds after which what is asked of Redis fails, by who asks. */
export const REDIS_TIMEOUT_MS = {
  /** Cache and rate limits, on every request's path: they go on without Redis. */
  cache: 250,
  /** Single commands that somebody waits for. */
  command: 1_000,
  /** A batch of deliveries, while the relay's transaction is open. */
  queue: 3_000,
} as const;

/**
 * Calls back after a time limit. It reads what has arrived before it gives up: where the event loop stood still, every
 * timer is late, and the answers are there.
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
 * Waits for work that consists of several commands, or for a connection, no longer than a time limit.
 *
 * @param limitMs milliseconds
 * @throws what the work throws
 * @throws Error `Command timed out`; the work may go on then
 */
export function withinTimeLimit<T>(limitMs: number, work: Promise<T>): Promise<T> {
  return new Promise<T>((resolve, reject) => {
    const stop = startTimeLimit(limitMs, reject);
    work.finally(stop).then(resolve, reject);
  });
}
