import { Schedule, type Scheduled } from '@rookery/messaging';
import { Invites } from '../../storage/invites';
import { Members } from '../../storage/members';

const BATCH_SIZE = 1_000;

/** Deletes invites that ended a month ago, with their addresses, and records of removals that are older than any invite. */
@Schedule('workspaces.remove-old-invites', { everySeconds: 60 })
export class RemoveOldInvites implements Scheduled {
  constructor(
    private readonly invites: Invites,
    private readonly members: Members,
  ) {}

  async run(): Promise<boolean> {
    const invites = await this.invites.removeOld(BATCH_SIZE);
    const removals = await this.members.forgetRemovals(BATCH_SIZE);
    return invites === BATCH_SIZE || removals === BATCH_SIZE;
  }
}
