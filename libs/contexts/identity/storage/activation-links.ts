import { createHash } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { Sql } from '@rookery/persistence';

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

  /** Makes every link that somebody was sent do nothing. */
  async removeOf(userId: string): Promise<void> {
    await this.sql.execute('DELETE FROM identity.activation_links WHERE user_id = $1', [userId]);
  }

  /** @returns whose link it is; undefined when nobody was sent one with this token. */
  async find(token: string): Promise<{ userId: string; expiresAt: Date } | undefined> {
    return this.sql.row(
      'SELECT user_id AS "userId", expires_at AS "expiresAt" FROM identity.activation_links WHERE token_hash = $1',
      [sha256(token)],
    );
  }
}

function sha256(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
