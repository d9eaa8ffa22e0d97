import { Clock } from '@rookery/domain';
import { Schedule, type Scheduled } from '@rookery/messaging';
import { Invites } from '../../storage/invites';

const BATCH_SIZE = 100;

/** Closes invites that have expired, so that others hear of it, and show them no more. */
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
