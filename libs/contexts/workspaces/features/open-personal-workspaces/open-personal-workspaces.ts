import type { EventOf } from '@rookery/domain';
import { type Handles, Queues, Schedule, type Scheduled, Snooze, Subscriber } from '@rookery/messaging';
import { Accounts, UserVerified } from '../../../identity/contract';
import { PersonalWorkspaces } from '../../services/personal-workspaces';
import { People } from '../../storage/people';
import { PersonalBackfill } from '../../storage/personal-backfill';

/** Milliseconds until a retry if another transaction is creating the workspace or the copy of the account. */
const BUSY_MS = 50;
/** Accounts per run: a few thousand statements at most. */
const BATCH_SIZE = 200;

/** Creates a personal workspace when an account becomes active. */
@Subscriber('workspaces.open-personal-workspace', UserVerified, { queue: Queues.projections })
export class OpenPersonalWorkspace implements Handles<typeof UserVerified> {
  constructor(
    private readonly people: People,
    private readonly personal: PersonalWorkspaces,
  ) {}

  /** @throws Snooze while another transaction is creating it */
  async handle({ subject }: EventOf<typeof UserVerified>): Promise<void> {
    if (!(await this.people.tryCopy(subject)) || !(await this.personal.tryOpen(subject)))
      throw new Snooze(BUSY_MS);
  }
}

/**
 * The same for accounts that are older than this context: one batch per run, in the order of their ids, until all are
 * done. After that a run costs one lookup.
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
    // A workspace that another transaction is creating needs nothing more.
    for (const id of active) await this.personal.tryOpen(id);
    await this.backfill.moveTo(accounts.length < BATCH_SIZE ? null : accounts.at(-1)!.id);
  }
}
