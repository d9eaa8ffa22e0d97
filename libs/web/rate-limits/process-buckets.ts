import { LRUCache } from 'lru-cache';
import { takeToken } from './bucket';
import type { Buckets, TokenRequest, TokenGrant } from './buckets';

const MAX_ENTRIES = 50_000;

/** Token buckets in this process only, for use while Redis is down. */
export class ProcessBuckets implements Buckets {
  private readonly fullAt = new LRUCache<string, number>({ max: MAX_ENTRIES });

  async take(draws: readonly TokenRequest[]): Promise<TokenGrant> {
    const now = Math.round(performance.now() * 1_000);
    const next = draws.map(({ key, bucket }) => takeToken(bucket, this.fullAt.get(key) ?? 0, now));
    const granted = next.every((each) => each !== undefined);
    const fullInUs = draws.map(({ key }, index) => {
      if (granted) this.fullAt.set(key, next[index]);
      return Math.max(0, (this.fullAt.get(key) ?? 0) - now);
    });
    return { granted, fullInUs };
  }

  /**
   * Copies the state of buckets from another store, to continue from there.
   *
   * @param fullInUs microseconds until each bucket is full again
   */
  learn(draws: readonly TokenRequest[], fullInUs: readonly number[]): void {
    const now = Math.round(performance.now() * 1_000);
    draws.forEach(({ key }, index) => this.fullAt.set(key, now + fullInUs[index]!));
  }

  async refund(draws: readonly TokenRequest[]): Promise<void> {
    for (const { key, bucket } of draws) {
      const fullAt = this.fullAt.get(key);
      if (fullAt !== undefined) this.fullAt.set(key, fullAt - bucket.intervalUs);
    }
  }
}
