import { createHash, randomBytes } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { Sql } from '@rookery/persistence';

const TOKEN_BYTES = 32;

/** Tokens of the secret calendar URLs, one for each user. Only hashes are stored, so the table does not give access. */
@Injectable()
export class CalendarFeeds {
  constructor(private readonly sql: Sql) {}

  /** @returns the token of a new URL; the previous token becomes invalid */
  async renew(userId: string, now: Date): Promise<string> {
    const token = randomBytes(TOKEN_BYTES).toString('base64url');
    await this.sql.execute(
      `INSERT INTO todos.calendar_feeds (user_id, token_hash, created_at) VALUES ($1, $2, $3)
       ON CONFLICT (user_id) DO UPDATE SET token_hash = excluded.token_hash, created_at = excluded.created_at`,
      [userId, hashOf(token), now],
    );
    return token;
  }

  /** @returns whether the user had a URL */
  async revoke(userId: string): Promise<boolean> {
    return (await this.sql.execute('DELETE FROM todos.calendar_feeds WHERE user_id = $1', [userId])) > 0;
  }

  /** @returns id of the user whom the token belongs to; undefined if it is invalid */
  async userOf(token: string): Promise<string | undefined> {
    const row = await this.sql.row<{ userId: string }>(
      'SELECT user_id AS "userId" FROM todos.calendar_feeds WHERE token_hash = $1',
      [hashOf(token)],
    );
    return row?.userId;
  }
}

function hashOf(token: string): Buffer {
  return createHash('sha256').update(token).digest();
}
