import { Injectable } from '@nestjs/common';
import { NotFound, Rejection } from '@rookery/domain';
import { Sql } from '@rookery/persistence';
import { type Account, Accounts } from '../../identity/contract';

/**
 * Those who can write and follow: a copy of what identity says of them, so that a list of posts is one query. Where the
 * copy says that somebody is not active identity is asked: they may have verified their address a moment ago.
 */
@Injectable()
export class People {
  constructor(
    private readonly sql: Sql,
    private readonly accounts: Accounts,
  ) {}

  /**
   * Looks somebody up, at identity where the copy has not arrived yet.
   *
   * @throws Rejection `resource.not-found` unless there is an active account
   */
  async verify(id: string): Promise<void> {
    const active = (await this.active([id])).has(id) || (await this.accounts.find([id]))[0]?.active;
    if (!active) throw new Rejection(NotFound);
  }

  /**
   * Sees to it that what the present transaction is about to store finds some people there.
   *
   * @throws Rejection `resource.not-found` unless there is an active account of each
   */
  async ensure(...ids: string[]): Promise<void> {
    const known = await this.active(ids);
    const missing = ids.filter((id) => !known.has(id));
    if (missing.length === 0) return;
    await this.copy(missing);
    if ((await this.active(missing)).size < missing.length) throw new Rejection(NotFound);
  }

  /** Makes the copies of some people what identity says now; who is not there any more goes. */
  async copy(ids: readonly string[]): Promise<void> {
    const accounts = await this.accounts.find(ids);
    await this.store(accounts);
    const there = new Set(accounts.map(({ id }) => id));
    const gone = ids.filter((id) => !there.has(id));
    if (gone.length > 0)
      await this.sql.execute('DELETE FROM social.people WHERE id = ANY ($1::uuid[])', [gone]);
  }

  /**
   * Removes those of some copies that are of nobody, or of a later version than the account itself.
   *
   * @param after id that the part before ended with; null for the first
   * @param limit most copies to look at
   * @returns id that this part ended with; null when there are no more
   */
  async sweep(after: string | null, limit: number): Promise<string | null> {
    const copies = await this.sql.rows<{ id: string; version: number }>(
      'SELECT id, version FROM social.people WHERE $1::uuid IS NULL OR id > $1::uuid ORDER BY id LIMIT $2',
      [after, limit],
    );
    const accounts = await this.accounts.find(copies.map(({ id }) => id));
    const versions = new Map(accounts.map(({ id, version }) => [id, version]));
    const wrong = copies.filter(({ id, version }) => version > (versions.get(id) ?? -1)).map(({ id }) => id);
    if (wrong.length > 0) {
      await this.sql.execute('DELETE FROM social.people WHERE id = ANY ($1::uuid[])', [wrong]);
      await this.copy(wrong);
    }
    return copies.at(-1)?.id ?? null;
  }

  /**
   * The version decides which of two copies stays, in whatever order they come; of one version both say the same. One
   * transaction at a time stores any: a worker that copies several people one by one and a command that needs two of
   * them would wait for each other.
   */
  private async store(accounts: readonly Account[]): Promise<void> {
    await this.sql.execute(`SELECT pg_advisory_xact_lock(hashtextextended('social.people', 0))`);
    await this.sql.execute(
      `INSERT INTO social.people (id, version, username, name, active)
       SELECT id, version, username, name, active
       FROM jsonb_to_recordset($1::jsonb) AS account (id uuid, version int, username text, name text, active boolean)
       ORDER BY id
       ON CONFLICT (id) DO UPDATE
       SET version = excluded.version, username = excluded.username, name = excluded.name, active = excluded.active
       WHERE people.version <= excluded.version`,
      [JSON.stringify(accounts)],
    );
  }

  /** @returns those of some people whose copies say that they are active */
  private async active(ids: readonly string[]): Promise<Set<string>> {
    const rows = await this.sql.rows<{ id: string }>(
      'SELECT id FROM social.people WHERE id = ANY ($1::uuid[]) AND active',
      [ids],
    );
    return new Set(rows.map(({ id }) => id));
  }
}
