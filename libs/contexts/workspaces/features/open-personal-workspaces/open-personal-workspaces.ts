import type { EventOf } from '@rookery/domain';
import { type Handles, Queues, Schedule, type Scheduled, Snooze, Subscriber } from '@rookery/messaging';
import { Accounts, UserVerified } from '../../../identity/contract';
import { PersonalWorkspaces } from '../../services/personal-workspaces';
import { People } from '../../storage/people';
import { PersonalBackfill } from '../../storage/personal-backfill';

/** Milliseconds until a workspace or a copy that another transaction is making is checked again. */
const BUSY_MS = 50;
/** Accounts per slot: a few thousand statements at most. */
const BATCH_SIZE = 200;

/** Gives everybody whose account becomes active a workspace of their own. */
@Subscriber('workspaces.open-personal-workspace', UserVerified, { queue: Queues.projections })
export class OpenPersonalWorkspace implements Handles<typeof UserVerified> {
  constructor(
    private readonly people: People,
    private readonly personal: PersonalWorkspaces,
  ) {}

  /** @throws Snooze while another transaction is making it */
  async handle({ subject }: EventOf<typeof UserVerified>): Promise<void> {
    if (!(await this.people.tryCopy(subject)) || !(await this.personal.tryOpen(subject)))
      throw new Snooze(BUSY_MS);
  }
}

/**
 * The same for the accounts that were there before this context: a batch a slot, in the order of their ids, until there
 * are no more. From then on a slot costs one lookup.
 */
@Schedule('workspaces.open-earlier-personal-workspaces', { everySeconds: 10 })
export class OpenEarlierPersonalWorkspaces implements Scheduled {
  constructor(
    private readonly accounts: Accounts,
    private readonly backfill: PersonalBackfill,
    private readonly people: People,
    private readonly personal: PersonalWorkspaces,
  ) {}

  async run(): Promise<void> {
    const after = await this.backfill.position();
    if (after === null) return;
    const accounts = await this.accounts.page(after, BATCH_SIZE);
    const active = accounts.filter((account) => account.active).map(({ id }) => id);
    await this.people.copy(active);
    // One that somebody else is making needs nothing more.
    for (const id of active) await this.personal.tryOpen(id);
    await this.backfill.moveTo(accounts.length < BATCH_SIZE ? null : accounts.at(-1)!.id);
  }
}
