import { LRUCache } from 'lru-cache';

/** Requests of one worker at once. All of them together are less than the queue's concurrency. */
const MAX_AT_ONCE = { endpoint: 2, owner: 4, host: 8, slow: 16 };
/** Milliseconds above which an endpoint is slow: slow ones share half of the worker. */
const SLOW_MS = 2_000;
/** Milliseconds that a request to an unknown endpoint is expected to take. */
const EXPECTED_MS = 200;
const MIN_WAIT_MS = 250;
const MAX_WAIT_MS = 60_000;
/** Weight of the latest request in the average. */
const WEIGHT = 0.5;
const REMEMBERED = 10_000;

/** What a request uses. */
export interface LaneKeys {
  endpoint: string;
  owner: string;
  host: string;
}

/**
 * Keeps slow and dead endpoints from occupying a worker: an endpoint, its owner and a host have a few requests at once,
 * and all slow endpoints together half of them. Who finds no room is told when to come back, each at a time of its own,
 * so that a long backlog does not ask again and again.
 */
export class Lanes {
  private readonly inFlight = new Map<string, number>();
  private readonly averageMs = new LRUCache<string, number>({ max: REMEMBERED });
  private readonly nextAt = new LRUCache<string, number>({ max: REMEMBERED });

  /**
   * @param now milliseconds on a monotonic clock
   * @returns what to call when the request is over, with its duration in milliseconds; or, where there is no room, the
   *   milliseconds after which to ask again
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
