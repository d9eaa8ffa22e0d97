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

/**
 * The trigram index knows three letters or digits in a row, and no other signs: not `²`, `½` and `①`, and digits of
 * other scripts in some locales alone.
 */
const TRIGRAM = /[\p{L}0-9]{3}/u;

/** So many of the newest are looked through before an index is asked: what many are called ends here. */
const NEWEST = 2_000;
/** So many of those whose username, or name, begins with a text are looked at. */
const MAX_PREFIX_MATCHES = 5_000;

// $1 the text, or a pattern; $2 where the page before ended; $3 who is hidden; $4 how many at most.
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

/** A range, since the text of a prepared statement is not known when it is planned. */
const beginning = (name: string) => `
  (SELECT id FROM identity.users
   WHERE status = 'active' AND lower(${name}) ~>=~ lower($1) AND lower(${name}) ~<~ (lower($1) || chr(1114111))
   ORDER BY lower(${name}) USING ~<~ LIMIT ${MAX_PREFIX_MATCHES})`;

const BY_PART = { newest: newest(HOLDS), all: indexed(`SELECT id FROM identity.users WHERE ${HOLDS}`) };
const BY_PREFIX = {
  newest: newest(BEGINS),
  all: indexed(`${beginning('username')} UNION ${beginning('name')}`),
};

/** Those who can be seen: active accounts, without what is nobody's business. */
@Injectable()
export class PublicUsers {
  constructor(private readonly sql: Sql) {}

  /** @returns undefined for a pending or deleted account, as for one that never was */
  find(id: string): Promise<PublicUserRow | undefined> {
    return this.sql.row(`SELECT ${COLUMNS} FROM identity.users WHERE id = $1 AND status = 'active'`, [id]);
  }

  /**
   * Looks through the newest, which is enough for what many are called, and asks an index for what they did not hold.
   *
   * @param text part of a username or name, whatever its capitals; without three letters or digits in a row their
   *   beginning; empty for everybody
   * @param hidden ids of those who are not to be found
   * @param before id after which the page before ended; the highest one for the first
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

/** @returns the name of a user's entry in the cache. */
export function userEntry(id: string): string {
  return `user-${id}`;
}
