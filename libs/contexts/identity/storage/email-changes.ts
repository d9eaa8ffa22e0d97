import { createHash } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { Sql } from '@rookery/persistence';

/** A change of an account's e-mail address. */
export interface EmailChange {
  /** UUIDv7: of two changes the one with the higher id is later. Source of the code and of the link that undoes it. */
  id: string;
  userId: string;
  oldEmail: string;
  newEmail: string;
  requestedAt: Date;
  /** When the change took effect; null while it waits for its code. */
  verifiedAt: Date | null;
  /** When the user canceled the change. The code is then invalid, but the link to undo is not. */
  canceledAt: Date | null;
}

/** Days for which a change can be undone, after it was requested and again after it took effect. */
export const UNDO_DAYS = 3;

const COLUMNS = `id, user_id AS "userId", old_email AS "oldEmail", new_email AS "newEmail",
  requested_at AS "requestedAt", verified_at AS "verifiedAt", canceled_at AS "canceledAt"`;
const OPEN = 'voided_at IS NULL AND expires_at > now()';

type Row = EmailChange & Record<string, unknown>;

/** Changes of e-mail addresses. Of the tokens of their links only the SHA-256 is stored. */
@Injectable()
export class EmailChanges {
  constructor(private readonly sql: Sql) {}

  /** @param undoToken token of the link that undoes it */
  async add(
    change: Pick<EmailChange, 'id' | 'userId' | 'oldEmail' | 'newEmail'>,
    undoToken: string,
  ): Promise<void> {
    await this.sql.execute(
      `INSERT INTO identity.email_changes (id, user_id, old_email, new_email, undo_hash, requested_at, expires_at)
       VALUES ($1, $2, $3, $4, $5, now(), now() + make_interval(days => ${UNDO_DAYS}))`,
      [change.id, change.userId, change.oldEmail, change.newEmail, sha256(undoToken)],
    );
  }

  /** @returns the change, unless it was undone, replaced or is too old. */
  find(id: string): Promise<EmailChange | undefined> {
    return this.sql.row<Row>(`SELECT ${COLUMNS} FROM identity.email_changes WHERE id = $1 AND ${OPEN}`, [id]);
  }

  /** @returns the latest change of an account if it waits for its code; undefined otherwise. */
  async findPending(userId: string): Promise<EmailChange | undefined> {
    const latest = await this.sql.row<Row>(
      `SELECT ${COLUMNS} FROM identity.email_changes WHERE user_id = $1 AND ${OPEN} ORDER BY id DESC LIMIT 1`,
      [userId],
    );
    return latest?.verifiedAt === null && latest.canceledAt === null ? latest : undefined;
  }

  /** @returns the change that a link undoes; undefined if it can no longer be undone. */
  findUndoable(undoToken: string): Promise<EmailChange | undefined> {
    return this.sql.row<Row>(
      `SELECT ${COLUMNS} FROM identity.email_changes WHERE undo_hash = $1 AND ${OPEN}`,
      [sha256(undoToken)],
    );
  }

  /** @returns whether there is, or was, a change with that link. */
  async isKnown(undoToken: string): Promise<boolean> {
    const row = await this.sql.row('SELECT 1 AS known FROM identity.email_changes WHERE undo_hash = $1', [
      sha256(undoToken),
    ]);
    return row !== undefined;
  }

  /** Completes the change; afterwards it can be undone for three days. */
  async verify(id: string): Promise<void> {
    await this.sql.execute(
      `UPDATE identity.email_changes
       SET verified_at = now(), expires_at = now() + make_interval(days => ${UNDO_DAYS}) WHERE id = $1`,
      [id],
    );
  }

  /**
   * Invalidates the codes of an account, but not the links that undo its changes: otherwise an attacker could
   * invalidate these links by canceling.
   */
  async cancelPending(userId: string): Promise<void> {
    await this.sql.execute(
      `UPDATE identity.email_changes SET canceled_at = now()
       WHERE user_id = $1 AND verified_at IS NULL AND voided_at IS NULL AND canceled_at IS NULL`,
      [userId],
    );
  }

  /** Voids a change and all later ones of the account, whoever requested them. */
  async voidSince({ id, userId }: EmailChange): Promise<void> {
    await this.sql.execute(
      `UPDATE identity.email_changes SET voided_at = now() WHERE user_id = $1 AND id >= $2 AND voided_at IS NULL`,
      [userId, id],
    );
  }

  /**
   * Call it with the address locked (`Users.lockAddress`).
   *
   * @returns the account that had an address until recently and can get it back; until then nobody else can get it
   */
  async holderOf(email: string): Promise<string | undefined> {
    const row = await this.sql.row<{ userId: string }>(
      `SELECT user_id AS "userId" FROM identity.email_changes
       WHERE old_email = $1 AND verified_at IS NOT NULL AND ${OPEN} LIMIT 1`,
      [email],
    );
    return row?.userId;
  }

  /** @returns the addresses that an account had until recently, also if it can no longer get them back */
  async formerAddresses(userId: string): Promise<string[]> {
    const rows = await this.sql.rows<{ email: string }>(
      `SELECT DISTINCT old_email AS email FROM identity.email_changes
       WHERE user_id = $1 AND verified_at IS NOT NULL AND expires_at > now() ORDER BY old_email`,
      [userId],
    );
    return rows.map(({ email }) => email);
  }

  /**
   * Deletes changes that can no longer be undone, at most `limit`.
   *
   * @returns number of deleted rows
   */
  removeExpired(limit: number): Promise<number> {
    return this.sql.execute(
      `DELETE FROM identity.email_changes WHERE ctid = ANY (ARRAY(
         SELECT ctid FROM identity.email_changes WHERE expires_at < now() LIMIT $1 FOR UPDATE SKIP LOCKED))`,
      [limit],
    );
  }
}

function sha256(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
