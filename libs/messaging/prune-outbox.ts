import { Outbox } from '@rookery/persistence';
import { Schedule, type Scheduled } from './schedule';

const KEEP_DAYS = 7;
const BATCH_SIZE = 5_000;

/**
 * Deletes events a week after the last subscriber has handled them. Failed ones remain until an operator redrives or
 * discards them, discarded ones for another week, in which they can be replayed.
 */
@Schedule('messaging.prune-outbox', { everySeconds: 60, formerly: ['messaging.PruneOutbox'] })
export class PruneOutbox implements Scheduled {
  constructor(private readonly outbox: Outbox) {}

  async run(): Promise<boolean> {
    return (await this.outbox.prune(KEEP_DAYS, BATCH_SIZE)) === BATCH_SIZE;
  }
}
