import { Injectable, type Type } from '@nestjs/common';
import { type EventEnvelope, NIL_UUID, NotFound, type RaisedEvent, Rejection } from '@rookery/domain';
import { type Handles, type Rebuildable, Snooze } from '@rookery/messaging';
import { pagesById, Sql } from '@rookery/persistence';
import { Accounts } from './accounts';
import {
  RegistrationCancelled,
  UserDeleted,
  UserErased,
  UserRegistered,
  UserRenamed,
  UserVerified,
} from './events';

/** The events that change an account for other contexts: every copy subscribes to them. */
export const accountChanges = [
  RegistrationCancelled,
  UserDeleted,
  UserErased,
  UserRegistered,
  UserRenamed,
  UserVerified,
];

const PAGE = 100;
/** Milliseconds until a copy that another transaction is writing is checked again; by then a command has finished. */
const BUSY_MS = 50;

/** Somebody as lists show them. */
export interface CopiedAccount {
  id: string;
  username: string;
  name: string;
}

/** A context's copy of the accounts in its own table; see {@link AccountCopy}. */
export interface CopiedAccounts {
  /** @returns the active ones of some users; reads from identity if the copy has not arrived yet */
  active(ids: readonly string[]): Promise<Set<string>>;
  /**
   * Looks a user up; reads from identity if the copy has not arrived yet.
   *
   * @throws Rejection `resource.not-found` unless there is an active account
   */
  verify(id: string): Promise<void>;
  /**
   * Ensures that the copies of some users exist for the current transaction. Call it once per transaction, with all
   * users it needs: two transactions that call it one by one could deadlock.
   *
   * @returns the users, in the given order
   * @throws Rejection `resource.not-found` unless all of them have an active account
   */
  ensure(...ids: string[]): Promise<CopiedAccount[]>;
  /** Updates the copies of some users from identity, and removes those without an account. */
  copy(ids: readonly string[]): Promise<void>;
  /** @returns false, without doing anything, if another transaction is writing the copy; does not wait */
  tryCopy(id: string): Promise<boolean>;
  /**
   * Removes copies without an account, or with a higher version than the account, one batch at a time.
   *
   * @param after last id of the previous batch; null for the first
   * @param limit maximum copies to check
   * @returns last id of this batch; null if there are no more
   */
  sweep(after: string | null, limit: number): Promise<string | null>;
}

/**
 * A context's copy of identity's accounts, so that its lists are one query: `class People extends
 * AccountCopy('notes.people') {}`. If a user is not active in the copy, identity is read: they may have verified their
 * address a moment ago. {@link CopiesAccounts} keeps it up to date.
 *
 * @param table of the context: `(id uuid PRIMARY KEY, version int, username text, name text, active boolean)`, none
 *   null
 */
export function AccountCopy(table: `${string}.${string}`): Type<CopiedAccounts> {
  @Injectable()
  class Copy implements CopiedAccounts {
    constructor(
      private readonly sql: Sql,
      private readonly accounts: Accounts,
    ) {}

    async active(ids: readonly string[]): Promise<Set<string>> {
      const active = new Set((await this.copied(ids)).keys());
      const missing = ids.filter((id) => !active.has(id));
      if (missing.length === 0) return active;
      const others = (await this.accounts.find(missing)).filter((account) => account.active);
      return new Set([...active, ...others.map(({ id }) => id)]);
    }

    async verify(id: string): Promise<void> {
      if (!(await this.active([id])).has(id)) throw new Rejection(NotFound);
    }

    async ensure(...ids: string[]): Promise<CopiedAccount[]> {
      const known = await this.copied(ids);
      const missing = ids.filter((id) => !known.has(id));
      if (missing.length > 0) {
        await this.copy(missing);
        for (const [id, account] of await this.copied(missing)) known.set(id, account);
      }
      return ids.map((id) => {
        const account = known.get(id);
        if (!account) throw new Rejection(NotFound);
        return account;
      });
    }

    async copy(ids: readonly string[]): Promise<void> {
      await this.lock(ids);
      await this.refresh(ids);
    }

    async tryCopy(id: string): Promise<boolean> {
      const row = await this.sql.row<{ locked: boolean }>(
        'SELECT pg_try_advisory_xact_lock(hashtextextended($1 || $2::text, 0)) AS locked',
        [`${table}:`, id],
      );
      if (row!.locked) await this.refresh([id]);
      return row!.locked;
    }

    async sweep(after: string | null, limit: number): Promise<string | null> {
      const copies = await this.sql.rows<{ id: string; version: number }>(
        `SELECT id, version FROM ${table} WHERE id > $1 ORDER BY id LIMIT $2`,
        [after ?? NIL_UUID, limit],
      );
      const accounts = await this.accounts.find(copies.map(({ id }) => id));
      const versions = new Map(accounts.map(({ id, version }) => [id, version]));
      const wrong = copies
        .filter(({ id, version }) => version > (versions.get(id) ?? -1))
        .map(({ id }) => id);
      if (wrong.length > 0) {
        await this.lock(wrong);
        await this.sql.execute(`DELETE FROM ${table} WHERE id = ANY ($1::uuid[])`, [wrong]);
        await this.refresh(wrong);
      }
      return copies.at(-1)?.id ?? null;
    }

    /** The same order for all callers, to prevent deadlocks. */
    private async lock(ids: readonly string[]): Promise<void> {
      await this.sql.execute(
        `SELECT pg_advisory_xact_lock(hashtextextended($1 || id, 0)) FROM unnest($2::text[]) AS id`,
        [`${table}:`, ids.toSorted()],
      );
    }

    /** The caller holds the locks. The copy with the higher version is kept, whatever the order of arrival. */
    private async refresh(ids: readonly string[]): Promise<void> {
      const accounts = await this.accounts.find(ids);
      await this.sql.execute(
        `INSERT INTO ${table} AS copy (id, version, username, name, active)
         SELECT id, version, username, name, active
         FROM jsonb_to_recordset($1::jsonb) AS account (id uuid, version int, username text, name text, active boolean)
         ORDER BY id
         ON CONFLICT (id) DO UPDATE
         SET version = excluded.version, username = excluded.username, name = excluded.name, active = excluded.active
         WHERE copy.version <= excluded.version`,
        [JSON.stringify(accounts)],
      );
      const there = new Set(accounts.map(({ id }) => id));
      const gone = ids.filter((id) => !there.has(id));
      if (gone.length > 0) await this.sql.execute(`DELETE FROM ${table} WHERE id = ANY ($1::uuid[])`, [gone]);
    }

    /** @returns the users with active copies, by id */
    private async copied(ids: readonly string[]): Promise<Map<string, CopiedAccount>> {
      const rows = await this.sql.rows<CopiedAccount & Record<string, unknown>>(
        `SELECT id, username, name FROM ${table} WHERE id = ANY ($1::uuid[]) AND active`,
        [ids],
      );
      return new Map(rows.map((row) => [row.id, row]));
    }
  }
  return Copy;
}

/**
 * Base class of a context's subscriber to {@link accountChanges}. It reads the current state, so neither order nor
 * repetition matters. Several deliveries share a transaction in any order, so waiting for a command could deadlock; it
 * retries later instead.
 */
export abstract class CopiesAccounts implements Handles<(typeof accountChanges)[number]>, Rebuildable {
  /** @param copy the context's own, of {@link AccountCopy} */
  constructor(
    private readonly copy: CopiedAccounts,
    private readonly accounts: Accounts,
  ) {}

  /** @throws Snooze while another transaction is writing the same copy */
  async handle({ subject }: EventEnvelope): Promise<void> {
    if (!(await this.copy.tryCopy(subject))) throw new Snooze(BUSY_MS);
  }

  sweep(after: string | null, limit: number): Promise<string | null> {
    return this.copy.sweep(after, limit);
  }

  async *replay(): AsyncIterable<readonly RaisedEvent[]> {
    const read = (after: string, limit: number) => this.accounts.page(after, limit);
    for await (const accounts of pagesById(PAGE, read)) {
      yield accounts.map(({ id, version }) => ({
        definition: UserVerified,
        subject: id,
        sequence: version,
        data: {},
      }));
    }
  }
}
