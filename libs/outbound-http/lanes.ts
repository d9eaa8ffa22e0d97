import { LRUCache } from 'lru-cache';

/** Maximum concurrent requests of one worker. The total is less than the concurrency of the queue. */
const MAX_AT_ONCE = { endpoint: 2, owner: 4, host: 8, slow: 16 };
/** Average milliseconds above which an endpoint is slow. Slow endpoints share half of the worker. */
const SLOW_MS = 2_000;
/** Milliseconds that a request to an unknown endpoint is expected to take. */
const EXPECTED_MS = 200;
const MIN_WAIT_MS = 250;
const MAX_WAIT_MS = 60_000;
/** Weight of the latest request in the average. */
const WEIGHT = 0.5;
const REMEMBERED = 10_000;

/** The resources that a request occupies. */
export interface LaneKeys {
  endpoint: string;
  owner: string;
  host: string;
}

/**
 * Prevents slow and dead endpoints from occupying a worker. Limits the concurrent requests per endpoint, owner and
 * host, and those of all slow endpoints together. If a limit is reached, each caller gets its own time to retry, so
 * that a long backlog does not poll constantly.
 */
export class Lanes {
  private readonly inFlight = new Map<string, number>();
  private readonly averageMs = new LRUCache<string, number>({ max: REMEMBERED });
  private readonly nextAt = new LRUCache<string, number>({ max: REMEMBERED });

  /**
   * @param now milliseconds on a monotonic clock
   * @returns a function to call with the duration in milliseconds when the request has ended; or, if a limit is
   *   reached, the milliseconds after which to try again
   */
  enter(
    { endpoint, owner, host }: LaneKeys,
    now = performance.now(),
  ): ((durationMs: number) => void) | number {
    const expected = this.averageMs.get(endpoint) ?? EXPECTED_MS;
    const taken: [key: string, max: number][] = [
      [`endpoint:${endpoint}`, MAX_AT_ONCE.endpoint],
      [`owner:${owner}`, MAX_AT_ONCE.owner],
      [`host:${host}`, MAX_AT_ONCE.host],
      ...(expected > SLOW_MS ? [['slow', MAX_AT_ONCE.slow] as [string, number]] : []),
    ];
    if (taken.some(([key, max]) => (this.inFlight.get(key) ?? 0) >= max))
      return this.reserve(endpoint, expected, now);
    for (const [key] of taken) this.inFlight.set(key, (this.inFlight.get(key) ?? 0) + 1);
    return (durationMs) => {
      for (const [key] of taken) this.leave(key);
      this.averageMs.set(endpoint, expected * (1 - WEIGHT) + durationMs * WEIGHT);
    };
  }

  private reserve(endpoint: string, expected: number, now: number): number {
    const next =
      Math.max(now + MIN_WAIT_MS, this.nextAt.get(endpoint) ?? 0) + expected / MAX_AT_ONCE.endpoint;
    this.nextAt.set(endpoint, Math.min(next, now + MAX_WAIT_MS));
    return Math.min(next - now, MAX_WAIT_MS);
  }

  private leave(key: string): void {
    const left = this.inFlight.get(key)! - 1;
    if (left === 0) this.inFlight.delete(key);
    else this.inFlight.set(key, left);
  }
}
