import { Injectable } from '@nestjs/common';
import { NotFound, Rejection } from '@rookery/domain';
import { Sql } from '@rookery/persistence';
import { type Account, Accounts } from '../../identity/contract';

/** Those who can write and follow: a copy of what identity says of them, so that a list of posts is one query. */
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
    const active = (await this.copied(id)) ?? (await this.accounts.find([id]))[0]?.active ?? false;
    if (!active) throw new Rejection(NotFound);
  }

  /**
   * Sees to it that what the present transaction is about to store finds the person there.
   *
   * @throws Rejection `resource.not-found` unless there is an active account
   */
  async ensure(id: string): Promise<void> {
    if ((await this.copied(id)) === undefined) await this.copy([id]);
    if (!(await this.copied(id))) throw new Rejection(NotFound);
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

  /** The version decides which of two copies stays, in whatever order they come; of one version both say the same. */
  private async store(accounts: readonly Account[]): Promise<void> {
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

  /** @returns whether the copied person is active; undefined when there is no copy */
  private async copied(id: string): Promise<boolean | undefined> {
    const row = await this.sql.row<{ active: boolean }>('SELECT active FROM social.people WHERE id = $1', [
      id,
    ]);
    return row?.active;
  }
}
