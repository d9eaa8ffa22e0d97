import { Injectable } from '@nestjs/common';
import { NotFound, Rejection } from '@rookery/domain';
import { Repository, type StoredAs } from '@rookery/persistence';
import { EntitySchema } from 'typeorm';
import { Member, type MemberState } from '../model/member';
import { INVITE_DAYS } from '../model/invite';
import { AlreadyMember, TooManyMembers } from '../model/rejections';

export const memberSchema = new EntitySchema<MemberState>({
  name: 'WorkspaceMember',
  schema: 'workspaces',
  tableName: 'members',
  columns: {
    id: { type: 'uuid', primary: true },
    version: { type: 'int' },
    workspaceId: { type: 'uuid', name: 'workspace_id' },
    userId: { type: 'uuid', name: 'user_id' },
    role: { type: 'text' },
    joinedAt: { type: 'timestamptz', precision: 3, name: 'joined_at' },
  },
});

/**
 * Who is in which workspace, and the number of members of each. A new workspace has one member, its owner. Callers lock
 * the workspace (`Workspaces.lockAs`) before they change members, or have just created it.
 */
@Injectable()
export class Members extends Repository<MemberState, Member> {
  protected readonly storedAs: StoredAs<MemberState, Member> = {
    schema: memberSchema,
    restore: (state) => new Member(state),
    unique: { members_pair_key: AlreadyMember },
  };

  /** @throws Rejection `resource.not-found` if the user is not a member of the workspace */
  async of(workspaceId: string, userId: string): Promise<Member> {
    const member = await this.find({ workspaceId, userId });
    if (!member) throw new Rejection(NotFound);
    return member;
  }

  /**
   * Stores another member of a workspace.
   *
   * @param max maximum number of members of the workspace
   * @throws Rejection `workspaces.too-many-members`, `workspaces.already-member`
   */
  async add(member: Member, max: number): Promise<void> {
    const { workspaceId, userId } = member.snapshot();
    if (await this.find({ workspaceId, userId })) throw new Rejection(AlreadyMember);
    const counted = await this.sql.execute(
      `UPDATE workspaces.workspaces SET members_count = members_count + 1 WHERE id = $1 AND members_count < $2`,
      [workspaceId, max],
    );
    if (counted === 0) throw new Rejection(TooManyMembers);
    await this.save(member);
  }

  override async remove(member: Member): Promise<void> {
    const { workspaceId } = member.snapshot();
    await super.remove(member);
    await this.sql.execute(
      `UPDATE workspaces.workspaces SET members_count = members_count - 1 WHERE id = $1`,
      [workspaceId],
    );
  }

  /** @returns number of owners other than the user whose accounts are active */
  async otherOwners(workspaceId: string, userId: string): Promise<number> {
    const row = await this.sql.row<{ count: number }>(
      `SELECT count(*)::int AS count
       FROM workspaces.members owner JOIN workspaces.people person ON person.id = owner.user_id
       WHERE owner.workspace_id = $1 AND owner.role = 'owner' AND owner.user_id <> $2 AND person.active`,
      [workspaceId, userId],
    );
    return row!.count;
  }

  /**
   * @returns the member who is to own the workspace without the user: an owner, else the member who joined first, else
   *   the guest who joined first; undefined if nobody else has an active account
   */
  async heirOf(workspaceId: string, userId: string): Promise<Member | undefined> {
    const row = await this.sql.row<{ heir: string }>(
      `SELECT heir.user_id AS heir
       FROM workspaces.members heir JOIN workspaces.people person ON person.id = heir.user_id
       WHERE heir.workspace_id = $1 AND heir.user_id <> $2 AND person.active
       ORDER BY array_position(ARRAY['owner', 'member', 'guest'], heir.role), heir.joined_at, heir.user_id LIMIT 1`,
      [workspaceId, userId],
    );
    return row && this.find({ workspaceId, userId: row.heir });
  }

  /** Records when a user left or was removed, so that earlier invites do not bring them back. */
  async noteRemoval(workspaceId: string, userId: string, at: Date): Promise<void> {
    await this.sql.execute(
      `INSERT INTO workspaces.removals (workspace_id, user_id, removed_at) VALUES ($1, $2, $3)
       ON CONFLICT (workspace_id, user_id) DO UPDATE SET removed_at = excluded.removed_at`,
      [workspaceId, userId, at],
    );
  }

  /** @returns whether a user left or was removed since a moment, which must be within the lifetime of an invite */
  async wasRemovedSince(workspaceId: string, userId: string, moment: Date): Promise<boolean> {
    const row = await this.sql.row(
      `SELECT 1 AS removed FROM workspaces.removals
       WHERE workspace_id = $1 AND user_id = $2 AND removed_at >= $3`,
      [workspaceId, userId, moment],
    );
    return row !== undefined;
  }

  /** Deletes records of removals that are older than any invite, at most `limit`. @returns number of deleted records */
  forgetRemovals(limit: number): Promise<number> {
    return this.sql.execute(
      `DELETE FROM workspaces.removals WHERE (workspace_id, user_id) IN (
         SELECT workspace_id, user_id FROM workspaces.removals
         WHERE removed_at < now() - make_interval(days => ${INVITE_DAYS + 1}) LIMIT $1)`,
      [limit],
    );
  }

  /** Records that a user left by choice, so that nobody can add them again without an invite. */
  async noteDeparture(workspaceId: string, userId: string): Promise<void> {
    await this.sql.execute(
      `INSERT INTO workspaces.departures (workspace_id, user_id) VALUES ($1, $2) ON CONFLICT DO NOTHING`,
      [workspaceId, userId],
    );
  }

  /** @returns whether a user left the workspace by choice and has not returned */
  async hasLeft(workspaceId: string, userId: string): Promise<boolean> {
    const row = await this.sql.row(
      'SELECT 1 AS "left" FROM workspaces.departures WHERE workspace_id = $1 AND user_id = $2',
      [workspaceId, userId],
    );
    return row !== undefined;
  }

  /** Deletes the record after the user has returned by choice. */
  async forgetDeparture(workspaceId: string, userId: string): Promise<void> {
    await this.sql.execute('DELETE FROM workspaces.departures WHERE workspace_id = $1 AND user_id = $2', [
      workspaceId,
      userId,
    ]);
  }
}
