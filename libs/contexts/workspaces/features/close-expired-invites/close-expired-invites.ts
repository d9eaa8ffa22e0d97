import { Clock } from '@rookery/domain';
import { Schedule, type Scheduled } from '@rookery/messaging';
import { Invites } from '../../storage/invites';

const BATCH_SIZE = 100;

/** Closes expired invites and raises an event for each, so that other contexts no longer show them. */
@Schedule('workspaces.close-expired-invites', { everySeconds: 30 })
export class CloseExpiredInvites implements Scheduled {
  constructor(
    private readonly clock: Clock,
    private readonly invites: Invites,
  ) {}

  async run(): Promise<void> {
    await this.invites.closeExpired(this.clock.now(), BATCH_SIZE);
  }
}
