import { Schedule, type Scheduled } from '@rookery/messaging';
import { IdempotencyKeys } from './idempotency-keys';

const BATCH_SIZE = 5_000;

/** Deletes expired idempotency keys. */
@Schedule('platform.prune-idempotency-keys', {
  everySeconds: 60,
  formerly: ['platform.prune-expired', 'platform.PruneExpired'],
})
export class PruneIdempotencyKeys implements Scheduled {
  constructor(private readonly keys: IdempotencyKeys) {}

  async run(): Promise<boolean> {
    return (await this.keys.prune(BATCH_SIZE)) === BATCH_SIZE;
  }
}
