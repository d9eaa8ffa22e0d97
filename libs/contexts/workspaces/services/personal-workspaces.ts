import { Injectable } from '@nestjs/common';
import { Clock } from '@rookery/domain';
import { Sql, Transaction } from '@rookery/persistence';
import { Member } from '../model/member';
import { Workspace } from '../model/workspace';
import { Members } from '../storage/members';
import { People } from '../storage/people';
import { Workspaces } from '../storage/workspaces';

/**
 * The one workspace that everybody has. It is made when the account becomes active, for accounts from before this
 * context by the worker, and in any case when its owner asks first.
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
   * Joins the current transaction, or runs one of its own if there is something to do.
   *
   * @returns the personal workspace of a user, which is made now if it has not been yet
   * @throws Rejection `resource.not-found` unless there is an active account
   */
  async of(userId: string): Promise<string> {
    return (await this.workspaces.personalOf(userId)) ?? this.transaction.run(() => this.open(userId));
  }

  /**
   * The same for work that shares its transaction with others, which must not wait for anybody. The copy of the account
   * must be there; an account that is not active gets nothing.
   *
   * @returns false, without doing anything, if another transaction is making the workspace
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

  /** The caller holds the lock. */
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
