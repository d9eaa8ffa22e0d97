import { Schedule, type Scheduled } from '@rookery/messaging';
import { Sessions } from '../../storage/sessions';

const BATCH_SIZE = 5_000;

/** Deletes old sessions at night, after they no longer identify known devices and networks. */
@Schedule('identity.prune-sessions', { cron: '* 3-4 * * *' })
export class PruneSessions implements Scheduled {
  constructor(private readonly sessions: Sessions) {}

  async run(): Promise<boolean> {
    return (await this.sessions.prune(BATCH_SIZE)) === BATCH_SIZE;
  }
}
