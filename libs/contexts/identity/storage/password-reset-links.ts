import { createHash } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { Sql, Transaction } from '@rookery/persistence';

/** The user whose password a link may set, and the names that must not be in it. */
export interface ResetLink {
  userId: string;
  email: string;
  username: string;
  name: string;
}

/** The links in password reset mails; of a token only its SHA-256 is stored. */
@Injectable()
export class PasswordResetLinks {
  constructor(
    private readonly sql: Sql,
    private readonly transaction: Transaction,
  ) {}

  /** @param expiresAt after which the link does nothing */
  async add(token: string, userId: string, expiresAt: Date): Promise<void> {
    await this.sql.execute(
      'INSERT INTO identity.password_reset_links (token_hash, user_id, expires_at) VALUES ($1, $2, $3)',
      [sha256(token), userId, expiresAt],
    );
  }

  /**
   * Reads without opening the transaction, because hashing the new password takes long.
   *
   * @returns undefined if the token is unknown, used or expired
   */
  async find(token: string): Promise<ResetLink | undefined> {
    return this.transaction.outside(() =>
      this.sql.row<ResetLink & Record<string, unknown>>(
        `SELECT u.id AS "userId", u.email, u.username, u.name
         FROM identity.password_reset_links l JOIN identity.users u ON u.id = l.user_id
         WHERE l.token_hash = $1 AND l.expires_at > now() AND u.status <> 'deleted'`,
        [sha256(token)],
      ),
    );
  }

  /** Consumes a token. @returns whether it was still valid: of many concurrent calls only one gets true */
  async take(token: string): Promise<boolean> {
    const taken = await this.sql.execute(
      'DELETE FROM identity.password_reset_links WHERE token_hash = $1 AND expires_at > now()',
      [sha256(token)],
    );
    return taken === 1;
  }

  /** Invalidates all links of a user: they were requested for a password that has changed. */
  async removeAll(userId: string): Promise<void> {
    await this.sql.execute('DELETE FROM identity.password_reset_links WHERE user_id = $1', [userId]);
  }

  /**
   * Deletes expired links, at most `limit`.
   *
   * @returns number of deleted rows
   */
  removeExpired(limit: number): Promise<number> {
    return this.sql.execute(
      `DELETE FROM identity.password_reset_links WHERE ctid = ANY (ARRAY(
         SELECT ctid FROM identity.password_reset_links WHERE expires_at < now() LIMIT $1 FOR UPDATE SKIP LOCKED))`,
      [limit],
    );
  }
}

function sha256(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
