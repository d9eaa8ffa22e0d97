import { Injectable } from '@nestjs/common';
import { NotFound, Rejection } from '@rookery/domain';
import { Repository, type StoredAs } from '@rookery/persistence';
import { EntitySchema } from 'typeorm';
import { InviteExpired, InviteRevoked } from '../contract';
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

/** A closed invite with its new version. */
interface Closed extends Record<string, unknown> {
  id: string;
  version: number;
  workspaceId: string;
}

const CLOSED = 'invites.id, invites.version, invites.workspace_id AS "workspaceId"';

/** Maximum number of invite mails to one address within a day, from all senders together. */
const MAX_MAILS_PER_DAY = 5;
/** Maximum number of them from one sender, so that no sender uses up the limit of others. */
const MAX_MAILS_OF_SENDER_PER_DAY = 2;
/** Days after the end of an invite during which its link returns that it has expired. */
const KEPT_DAYS = 30;

/** The invites to all workspaces. Callers lock the workspace before they change an invite. */
@Injectable()
export class Invites extends Repository<InviteState, Invite> {
  protected readonly storedAs: StoredAs<InviteState, Invite> = {
    schema: inviteSchema,
    restore: (state) => new Invite(state),
  };

  /** @returns undefined if no invite has this token */
  findByHash(tokenHash: Buffer): Promise<Invite | undefined> {
    return this.find({ tokenHash });
  }

  /** @returns the invite to the addressee that is not closed, even if it has expired */
  async findUnclosed(workspaceId: string, { userId, email }: Addressee): Promise<Invite | undefined> {
    const row = await this.sql.row<{ id: string }>(
      `SELECT id FROM workspaces.invites WHERE workspace_id = $1 AND closed_at IS NULL
         AND (user_id = $2 OR email = $3)`,
      [workspaceId, userId, email],
    );
    return row && this.find({ id: row.id });
  }

  /** @throws Rejection `resource.not-found` unless the invite belongs to the workspace and is open */
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
   * Closes the open invites of a sender who can no longer invite, in the current transaction, with an event for each.
   */
  async closeOf(workspaceId: string, invitedBy: string): Promise<void> {
    const closed = await this.sql.rows<Closed>(
      `UPDATE workspaces.invites SET closed_at = now(), version = version + 1
       WHERE workspace_id = $1 AND closed_at IS NULL AND invited_by = $2 RETURNING ${CLOSED}`,
      [workspaceId, invitedBy],
    );
    await this.tell(InviteRevoked, closed);
  }

  /**
   * Closes the open invites to a former member by id, with an event for each. Invites to an address stay in the list: if one
   * disappeared, it would reveal to the owners whose address it is.
   */
  async closeTo(workspaceId: string, userId: string): Promise<void> {
    const closed = await this.sql.rows<Closed>(
      `UPDATE workspaces.invites SET closed_at = now(), version = version + 1
       WHERE workspace_id = $1 AND closed_at IS NULL AND user_id = $2 RETURNING ${CLOSED}`,
      [workspaceId, userId],
    );
    await this.tell(InviteRevoked, closed);
  }

  /** Closes the open invites to a deleted workspace, without an event for each. */
  async closeAll(workspaceId: string): Promise<void> {
    await this.sql.execute(
      `UPDATE workspaces.invites SET closed_at = now(), version = version + 1
       WHERE workspace_id = $1 AND closed_at IS NULL`,
      [workspaceId],
    );
  }

  /**
   * Closes expired invites in the current transaction, with an event for each. Skips locked invites.
   *
   * @param limit maximum number
   */
  async closeExpired(now: Date, limit: number): Promise<void> {
    const closed = await this.sql.rows<Closed>(
      `UPDATE workspaces.invites SET closed_at = expires_at, version = version + 1
       WHERE id IN (
         SELECT id FROM workspaces.invites WHERE closed_at IS NULL AND expires_at <= $1
         ORDER BY expires_at LIMIT $2 FOR NO KEY UPDATE SKIP LOCKED)
       RETURNING ${CLOSED}`,
      [now, limit],
    );
    await this.tell(InviteExpired, closed);
  }

  /**
   * Counts a mail that is about to be sent to an address. A retry counts once. Call it in a transaction.
   *
   * @param mark keyed hash of the address
   * @returns whether the mail can be sent now
   */
  async admitMail(id: string, mark: Buffer): Promise<boolean> {
    await this.sql.execute('SELECT pg_advisory_xact_lock(hashtextextended($1, 0))', [
      `workspaces.mails:${mark.toString('base64url')}`,
    ]);
    const admitted = await this.sql.execute(
      `UPDATE workspaces.invites invite SET mailed_to = $2, mailed_at = coalesce(mailed_at, now())
       WHERE id = $1 AND (mailed_at IS NOT NULL OR (
         SELECT count(*) < ${MAX_MAILS_PER_DAY}
           AND count(*) FILTER (WHERE sent.invited_by = invite.invited_by) < ${MAX_MAILS_OF_SENDER_PER_DAY}
         FROM workspaces.invites sent
         WHERE sent.mailed_to = $2 AND sent.mailed_at > now() - interval '1 day'))`,
      [id, mark],
    );
    return admitted === 1;
  }

  /** Deletes invites to a user or their address. @returns number of deleted invites, at most `limit` */
  eraseTo(userId: string, email: string | null, limit: number): Promise<number> {
    return this.sql.execute(
      `DELETE FROM workspaces.invites WHERE id IN (
         SELECT id FROM workspaces.invites WHERE user_id = $1 OR email = $2 ORDER BY id LIMIT $3)`,
      [userId, email, limit],
    );
  }

  /** Closes the invites that a user has sent, and removes the sender from them. @returns number of invites, at most `limit` */
  async eraseBy(userId: string, limit: number): Promise<number> {
    const erased = await this.sql.rows<Closed & { open: boolean }>(
      `WITH sent AS (
         SELECT id, closed_at IS NULL AS open FROM workspaces.invites WHERE invited_by = $1
         ORDER BY id LIMIT $2 FOR NO KEY UPDATE)
       UPDATE workspaces.invites
       SET invited_by = NULL, closed_at = coalesce(closed_at, now()), version = version + sent.open::int
       FROM sent WHERE invites.id = sent.id RETURNING ${CLOSED}, sent.open`,
      [userId, limit],
    );
    await this.tell(
      InviteRevoked,
      erased.filter(({ open }) => open),
    );
    return erased.length;
  }

  /** Deletes invites that ended long ago, at most `limit`. @returns number of deleted invites */
  removeOld(limit: number): Promise<number> {
    return this.sql.execute(
      `DELETE FROM workspaces.invites WHERE id IN (
         SELECT id FROM workspaces.invites WHERE expires_at < now() - make_interval(days => ${KEPT_DAYS}) LIMIT $1)`,
      [limit],
    );
  }

  private async tell(definition: typeof InviteExpired | typeof InviteRevoked, closed: readonly Closed[]) {
    await this.outbox.append(
      closed.map(({ id, version, workspaceId }) => ({
        definition,
        subject: id,
        sequence: version,
        data: { workspaceId },
      })),
    );
  }
}
