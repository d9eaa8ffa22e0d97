import { Injectable } from '@nestjs/common';
import { Sql } from '@rookery/persistence';

/** What everybody may know of a user. */
export interface PublicUserRow extends Record<string, unknown> {
  id: string;
  username: string;
  name: string;
  registeredAt: string;
  /** Of the profile, not of the account. */
  version: number;
}

const COLUMNS = `id, username, name, profile_version AS version,
  to_char(registered_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') AS "registeredAt"`;

/** Shorter texts hold no trigram: they are looked for where a name begins. */
const TRIGRAM = 3;

/** Those who can be seen: active accounts, without what is nobody's business. */
@Injectable()
export class PublicUsers {
  constructor(private readonly sql: Sql) {}

  /** @returns undefined for a pending or deleted account, as for one that never was */
  find(id: string): Promise<PublicUserRow | undefined> {
    return this.sql.row(`SELECT ${COLUMNS} FROM identity.users WHERE id = $1 AND status = 'active'`, [id]);
  }

  /**
   * @param text part of a username or name, whatever its capitals; with one or two characters their beginning; empty
   *   for everybody
   * @param hidden ids of those who are not to be found
   * @param before id after which the page before ended; null for the first
   * @returns newest first, at most `limit`
   */
  search(
    text: string,
    hidden: readonly string[],
    before: string | null,
    limit: number,
  ): Promise<PublicUserRow[]> {
    const part = text.replaceAll(/[\\%_]/g, '\\$&');
    const pattern = text.length < TRIGRAM ? `${part}%` : `%${part}%`;
    return this.sql.rows(
      `SELECT ${COLUMNS} FROM identity.users
       WHERE status = 'active' AND (username ILIKE $1 OR name ILIKE $1) AND ($2::uuid IS NULL OR id < $2::uuid)
         AND id <> ALL ($4::uuid[])
       ORDER BY id DESC LIMIT $3`,
      [pattern, before, limit, hidden],
    );
  }
}

/** @returns the name of a user's entry in the cache. */
export function userEntry(id: string): string {
  return `user-${id}`;
}
