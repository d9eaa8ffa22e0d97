import { createHash } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { Sql } from '@rookery/persistence';

/** The user that a link activates, and its expiry. */
export interface ActivationLink {
  userId: string;
  email: string;
  expiresAt: Date;
}

/** The links in verification mails; of a token only its SHA-256 is stored. */
@Injectable()
export class ActivationLinks {
  constructor(private readonly sql: Sql) {}

  /** @param expiresAt after which the link does nothing */
  async add(token: string, userId: string, expiresAt: Date): Promise<void> {
    await this.sql.execute(
      'INSERT INTO identity.activation_links (token_hash, user_id, expires_at) VALUES ($1, $2, $3)',
      [sha256(token), userId, expiresAt],
    );
  }

  /** The same, and invalidates every earlier link of the user. */
  async replaceAll(token: string, userId: string, expiresAt: Date): Promise<void> {
    await this.sql.execute('DELETE FROM identity.activation_links WHERE user_id = $1', [userId]);
    await this.add(token, userId, expiresAt);
  }

  /** @returns the user of the link; undefined if the token is unknown or was replaced. */
  async find(token: string): Promise<ActivationLink | undefined> {
    return this.sql.row<ActivationLink & Record<string, unknown>>(
      `SELECT l.user_id AS "userId", u.email, l.expires_at AS "expiresAt"
       FROM identity.activation_links l JOIN identity.users u ON u.id = l.user_id WHERE l.token_hash = $1`,
      [sha256(token)],
    );
  }
}

function sha256(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
