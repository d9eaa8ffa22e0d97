import { Schedule, type Scheduled } from '@rookery/messaging';
import { Invites } from '../../storage/invites';

const BATCH_SIZE = 1_000;

/** Deletes invites that ended a month ago, with the addresses that they were for. */
@Schedule('workspaces.remove-old-invites', { everySeconds: 60 })
export class RemoveOldInvites implements Scheduled {
  constructor(private readonly invites: Invites) {}

  async run(): Promise<boolean> {
    return (await this.invites.removeOld(BATCH_SIZE)) === BATCH_SIZE;
  }
}
