import { type CountedDraw, RateCounters } from '@rookery/persistence';
import type { Buckets, Draw, Drawn } from './buckets';

/** Token buckets in PostgreSQL: slower, but nothing forgets them. */
export class LedgerBuckets implements Buckets {
  constructor(private readonly counters: RateCounters) {}

  take(draws: readonly Draw[]): Promise<Drawn> {
    return this.counters.take(draws.map(counted));
  }

  giveBack(draws: readonly Draw[]): Promise<void> {
    return this.counters.giveBack(draws.map(counted));
  }
}

function counted({ key, bucket: { limit, intervalUs } }: Draw): CountedDraw {
  return { key, limit, intervalUs };
}
