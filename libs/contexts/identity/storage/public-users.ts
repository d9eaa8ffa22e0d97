import { Injectable } from '@nestjs/common';
import { Sql } from '@rookery/persistence';

/** Public data of a user. */
export type PublicUserRow = {
  id: string;
  username: string;
  name: string;
  bio: string;
  /** Key of the avatar; never shown. */
  avatarMediaKey: string | null;
  registeredAt: string;
  /** Version of the profile, not of the account. */
  version: number;
};

const COLUMNS = `id, username, name, bio, avatar_media_key AS "avatarMediaKey", profile_version AS version,
  to_char(registered_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') AS "registeredAt"`;

/**
 * The trigram index contains three letters or digits in a row, and no other characters: not `²`, `½` and `①`, and
 * digits of other scripts only in some locales.
 */
const TRIGRAM = /[\p{L}0-9]{3}/u;

/** Newest users that are scanned before an index is used; enough for common names. */
const NEWEST = 2_000;
/** Maximum prefix matches of usernames, and of names, that are checked. */
const MAX_PREFIX_MATCHES = 5_000;

// $1 the text, or a pattern; $2 end of the previous page; $3 hidden users; $4 limit.
const newest = (fits: string) => `
  SELECT ${COLUMNS}
  FROM (SELECT * FROM identity.users WHERE status = 'active' AND id < $2::uuid ORDER BY id DESC LIMIT ${NEWEST}) AS newest
  WHERE ${fits} AND id <> ALL ($3::uuid[]) ORDER BY id DESC LIMIT $4`;

const indexed = (matches: string) => `
  WITH matches AS MATERIALIZED (${matches})
  SELECT ${COLUMNS} FROM identity.users
  WHERE id IN (SELECT id FROM matches WHERE id < $2::uuid AND id <> ALL ($3::uuid[])) AND status = 'active'
  ORDER BY id DESC LIMIT $4`;

const HOLDS = '(username ILIKE $1 OR name ILIKE $1)';
const BEGINS = '(starts_with(lower(username), lower($1)) OR starts_with(lower(name), lower($1)))';

/** A range, because the text is not known when a prepared statement is planned. */
const beginning = (name: string) => `
  (SELECT id FROM identity.users
   WHERE status = 'active' AND lower(${name}) ~>=~ lower($1) AND lower(${name}) ~<~ (lower($1) || chr(1114111))
   ORDER BY lower(${name}) USING ~<~ LIMIT ${MAX_PREFIX_MATCHES})`;

const BY_PART = { newest: newest(HOLDS), all: indexed(`SELECT id FROM identity.users WHERE ${HOLDS}`) };
const BY_PREFIX = {
  newest: newest(BEGINS),
  all: indexed(`${beginning('username')} UNION ${beginning('name')}`),
};

/** Active accounts, with public data only. */
@Injectable()
export class PublicUsers {
  constructor(private readonly sql: Sql) {}

  /** @returns undefined for a pending or deleted account, as for a nonexistent one */
  find(id: string): Promise<PublicUserRow | undefined> {
    return this.sql.row(`SELECT ${COLUMNS} FROM identity.users WHERE id = $1 AND status = 'active'`, [id]);
  }

  /**
   * @param username exact, but case-insensitive, like the unique index
   * @returns undefined for a pending or deleted account, as for a nonexistent one
   */
  findByUsername(username: string): Promise<PublicUserRow | undefined> {
    return this.sql.row(
      `SELECT ${COLUMNS} FROM identity.users WHERE lower(username) = lower($1) AND status = 'active'`,
      [username],
    );
  }

  /**
   * Scans the newest users, which is enough for common names, and uses an index for the rest.
   *
   * @param text part of a username or name, case-insensitive; without three letters or digits in a row their prefix;
   *   empty for all users
   * @param hidden ids of users to exclude
   * @param before last id of the previous page; the highest one for the first
   * @returns newest first, at most `limit`
   */
  async search(
    text: string,
    hidden: readonly string[],
    before: string,
    limit: number,
  ): Promise<PublicUserRow[]> {
    const [statements, value] = TRIGRAM.test(text)
      ? [BY_PART, `%${text.replaceAll(/[\\%_]/g, '\\$&')}%`]
      : [BY_PREFIX, text];
    const values = [value, before, hidden, limit];
    const found = await this.sql.rows<PublicUserRow>(statements.newest, values);
    return found.length === limit ? found : this.sql.rows(statements.all, values);
  }
}

/** @returns the cache key of a user. */
export function userEntry(id: string): string {
  return `user-${id}`;
}
