import { Injectable } from '@nestjs/common';
import { NotFound, Rejection } from '@rookery/domain';
import { Repository, type StoredAs } from '@rookery/persistence';
import { EntitySchema } from 'typeorm';
import { type Addressee, Invite, type InviteState } from '../model/invite';

export const inviteSchema = new EntitySchema<InviteState>({
  name: 'WorkspaceInvite',
  schema: 'workspaces',
  tableName: 'invites',
  columns: {
    id: { type: 'uuid', primary: true },
    version: { type: 'int' },
    workspaceId: { type: 'uuid', name: 'workspace_id' },
    email: { type: 'text', nullable: true },
    userId: { type: 'uuid', name: 'user_id', nullable: true },
    role: { type: 'text' },
    invitedBy: { type: 'uuid', name: 'invited_by', nullable: true },
    tokenHash: { type: 'bytea', name: 'token_hash' },
    createdAt: { type: 'timestamptz', precision: 3, name: 'created_at' },
    expiresAt: { type: 'timestamptz', precision: 3, name: 'expires_at' },
    closedAt: { type: 'timestamptz', precision: 3, name: 'closed_at', nullable: true },
  },
});

/** Maximum mails with invites to one address within a day, whoever sends them. */
const MAX_MAILS_PER_DAY = 5;
/** Days after its end for which a link says that it has expired. */
const KEPT_DAYS = 30;

/** The invites into all workspaces. Whoever changes one has locked its workspace first. */
@Injectable()
export class Invites extends Repository<InviteState, Invite> {
  protected readonly storedAs: StoredAs<InviteState, Invite> = {
    schema: inviteSchema,
    restore: (state) => new Invite(state),
  };

  /** @returns undefined if the token is none of an invite */
  findByHash(tokenHash: Buffer): Promise<Invite | undefined> {
    return this.find({ tokenHash });
  }

  /** @returns the invite of the addressee that is not closed, expired or not */
  async findUnclosed(workspaceId: string, { userId, email }: Addressee): Promise<Invite | undefined> {
    const row = await this.sql.row<{ id: string }>(
      `SELECT id FROM workspaces.invites WHERE workspace_id = $1 AND closed_at IS NULL
         AND (user_id = $2 OR email = $3)`,
      [workspaceId, userId, email],
    );
    return row && this.find({ id: row.id });
  }

  /** @throws Rejection `resource.not-found` unless the workspace has the invite and it is open */
  async openOf(workspaceId: string, id: string, now: Date): Promise<Invite> {
    const invite = await this.find({ id, workspaceId });
    if (!invite?.isOpen(now)) throw new Rejection(NotFound);
    return invite;
  }

  /** @returns number of open invites of a workspace, which the caller has locked */
  async countOpen(workspaceId: string): Promise<number> {
    const row = await this.sql.row<{ count: number }>(
      `SELECT count(*)::int AS count FROM workspaces.invites
       WHERE workspace_id = $1 AND closed_at IS NULL AND expires_at > now()`,
      [workspaceId],
    );
    return row!.count;
  }

  /**
   * Serializes the invites of one user until the transaction ends.
   *
   * @returns number of invites that the user has sent within a day
   */
  async countSentBy(userId: string): Promise<number> {
    await this.sql.execute(`SELECT pg_advisory_xact_lock(hashtextextended('workspaces.invites:' || $1, 0))`, [
      userId,
    ]);
    const row = await this.sql.row<{ count: number }>(
      `SELECT count(*)::int AS count FROM workspaces.invites
       WHERE invited_by = $1 AND created_at > now() - interval '1 day'`,
      [userId],
    );
    return row!.count;
  }

  /**
   * Closes open invites, without events of their own: their sender has lost the right to send them, or the workspace is
   * deleted.
   *
   * @param invitedBy null for those of everybody
   */
  async closeAll(workspaceId: string, invitedBy: string | null): Promise<void> {
    await this.sql.execute(
      `UPDATE workspaces.invites SET closed_at = now(), version = version + 1
       WHERE workspace_id = $1 AND closed_at IS NULL AND ($2::uuid IS NULL OR invited_by = $2)`,
      [workspaceId, invitedBy],
    );
  }

  /**
   * Counts a mail that is about to be sent to an address; one that is sent again counts once. In a transaction.
   *
   * @param mark of the address
   * @returns whether it may be sent now
   */
  async admitMail(id: string, mark: Buffer): Promise<boolean> {
    await this.sql.execute('SELECT pg_advisory_xact_lock(hashtextextended($1, 0))', [
      `workspaces.mails:${mark.toString('base64url')}`,
    ]);
    const admitted = await this.sql.execute(
      `UPDATE workspaces.invites SET mailed_to = $2, mailed_at = coalesce(mailed_at, now())
       WHERE id = $1 AND (mailed_at IS NOT NULL OR (
         SELECT count(*) FROM workspaces.invites sent
         WHERE sent.mailed_to = $2 AND sent.mailed_at > now() - interval '1 day') < ${MAX_MAILS_PER_DAY})`,
      [id, mark],
    );
    return admitted === 1;
  }

  /** Deletes invites to a user or their address. @returns how many, at most `limit` */
  eraseTo(userId: string, email: string | null, limit: number): Promise<number> {
    return this.sql.execute(
      `DELETE FROM workspaces.invites WHERE id IN (
         SELECT id FROM workspaces.invites WHERE user_id = $1 OR email = $2 ORDER BY id LIMIT $3)`,
      [userId, email, limit],
    );
  }

  /** Closes the invites that a user has sent, and forgets by whom they are. @returns how many, at most `limit` */
  eraseBy(userId: string, limit: number): Promise<number> {
    return this.sql.execute(
      `UPDATE workspaces.invites
       SET invited_by = NULL, closed_at = coalesce(closed_at, now()), version = version + 1
       WHERE id IN (SELECT id FROM workspaces.invites WHERE invited_by = $1 ORDER BY id LIMIT $2)`,
      [userId, limit],
    );
  }

  /** Deletes invites that ended long ago, at most `limit`. */
  async removeOld(limit: number): Promise<void> {
    await this.sql.execute(
      `DELETE FROM workspaces.invites WHERE id IN (
         SELECT id FROM workspaces.invites WHERE expires_at < now() - make_interval(days => ${KEPT_DAYS}) LIMIT $1)`,
      [limit],
    );
  }
}
