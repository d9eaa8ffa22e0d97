import { IdempotencyKeys, RateCounters } from '@rookery/persistence';
import { Schedule, type Scheduled } from './schedule';

const BATCH_SIZE = 5_000;

/** Forgets idempotency keys whose day is over, and rate counters that are full again. */
@Schedule('platform.prune-expired', { everySeconds: 60, formerly: ['platform.PruneExpired'] })
export class PruneExpired implements Scheduled {
  constructor(
    private readonly counters: RateCounters,
    private readonly keys: IdempotencyKeys,
  ) {}

  async run(): Promise<void> {
    await this.keys.prune(BATCH_SIZE);
    await this.counters.prune(BATCH_SIZE);
  }
}
