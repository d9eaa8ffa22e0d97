import { Clock } from '@rookery/domain';
import { Schedule, type Scheduled } from '@rookery/messaging';
import { Usage } from '../../storage/usage';

const BATCH_SIZE = 1_000;

/** Deletes usage records older than 90 days. */
@Schedule('tales.prune-usage', { everySeconds: 3_600 })
export class PruneUsage implements Scheduled {
  constructor(
    private readonly clock: Clock,
    private readonly usage: Usage,
  ) {}

  async run(): Promise<boolean> {
    return (await this.usage.prune(this.clock.now(), BATCH_SIZE)) === BATCH_SIZE;
  }
}
