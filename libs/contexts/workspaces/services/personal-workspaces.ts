import { Injectable } from '@nestjs/common';
import { Clock } from '@rookery/domain';
import { Sql, Transaction } from '@rookery/persistence';
import { Member } from '../model/member';
import { Workspace } from '../model/workspace';
import { Members } from '../storage/members';
import { People } from '../storage/people';
import { Workspaces } from '../storage/workspaces';

/**
 * The personal workspace that every user has. It is created when the account becomes active; for accounts that are older
 * than this context, by a schedule of the worker; and in any case when its owner first needs it.
 */
@Injectable()
export class PersonalWorkspaces {
  constructor(
    private readonly clock: Clock,
    private readonly members: Members,
    private readonly people: People,
    private readonly sql: Sql,
    private readonly transaction: Transaction,
    private readonly workspaces: Workspaces,
  ) {}

  /**
   * Joins the current transaction, or starts its own if there is something to do.
   *
   * @returns the personal workspace of a user, which is created if it does not exist yet
   * @throws Rejection `resource.not-found` unless there is an active account
   */
  async of(userId: string): Promise<string> {
    return (await this.workspaces.personalOf(userId)) ?? this.transaction.run(() => this.open(userId));
  }

  /**
   * The same for deliveries that share a transaction and must not wait for locks. The copy of the account must exist. An
   * inactive account gets no workspace.
   *
   * @returns false, without doing anything, if another transaction is creating the workspace
   */
  async tryOpen(userId: string): Promise<boolean> {
    const row = await this.sql.row<{ locked: boolean }>(
      `SELECT pg_try_advisory_xact_lock(hashtextextended('workspaces.personal:' || $1, 0)) AS locked`,
      [userId],
    );
    if (!row!.locked) return false;
    if ((await this.people.active([userId])).has(userId)) await this.create(userId);
    return true;
  }

  private async open(userId: string): Promise<string> {
    await this.sql.execute(
      `SELECT pg_advisory_xact_lock(hashtextextended('workspaces.personal:' || $1, 0))`,
      [userId],
    );
    await this.people.ensure(userId);
    return this.create(userId);
  }

  /** Requires that the caller holds the lock. */
  private async create(userId: string): Promise<string> {
    const there = await this.workspaces.personalOf(userId);
    if (there !== undefined) return there;
    const now = this.clock.now();
    const workspace = Workspace.personal(userId, now);
    await this.workspaces.save(workspace);
    await this.members.save(Member.join(workspace.id, userId, 'owner', now));
    return workspace.id;
  }
}
