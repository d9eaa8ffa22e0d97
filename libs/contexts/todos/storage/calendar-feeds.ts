import { createHash, randomBytes } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { Sql } from '@rookery/persistence';

const TOKEN_BYTES = 32;

/** Secret addresses of calendars, one for each user. Only a hash is stored: who reads the table cannot read calendars. */
@Injectable()
export class CalendarFeeds {
  constructor(private readonly sql: Sql) {}

  /** @returns the token of a new address; the one before it is no good any more */
  async renew(userId: string, now: Date): Promise<string> {
    const token = randomBytes(TOKEN_BYTES).toString('base64url');
    await this.sql.execute(
      `INSERT INTO todos.calendar_feeds (user_id, token_hash, created_at) VALUES ($1, $2, $3)
       ON CONFLICT (user_id) DO UPDATE SET token_hash = excluded.token_hash, created_at = excluded.created_at`,
      [userId, hashOf(token), now],
    );
    return token;
  }

  /** @returns whether there was one */
  async revoke(userId: string): Promise<boolean> {
    return (await this.sql.execute('DELETE FROM todos.calendar_feeds WHERE user_id = $1', [userId])) > 0;
  }

  /** @returns whose address it is; undefined if it is none */
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
