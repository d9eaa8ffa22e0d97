import { Schedule, type Scheduled } from '@rookery/messaging';
import { RateCounters } from './rate-counters';

const BATCH_SIZE = 5_000;

/** Deletes rate counters that are full again. */
@Schedule('platform.prune-rate-counters', { everySeconds: 60 })
export class PruneRateCounters implements Scheduled {
  constructor(private readonly counters: RateCounters) {}

  async run(): Promise<boolean> {
    return (await this.counters.prune(BATCH_SIZE)) === BATCH_SIZE;
  }
}
