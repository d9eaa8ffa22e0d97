import type { Buckets, TokenRequest, TokenGrant } from './buckets';
import { type CountedDraw, RateCounters } from './rate-counters';

/** Token buckets in PostgreSQL: slower, but durable. */
export class LedgerBuckets implements Buckets {
  constructor(private readonly counters: RateCounters) {}

  take(draws: readonly TokenRequest[]): Promise<TokenGrant> {
    return this.counters.take(draws.map(counted));
  }

  refund(draws: readonly TokenRequest[]): Promise<void> {
    return this.counters.refund(draws.map(counted));
  }
}

function counted({ key, bucket: { limit, intervalUs } }: TokenRequest): CountedDraw {
  return { key, limit, intervalUs };
}
