import { setTimeout as wait } from 'node:timers/promises';
import { Injectable } from '@nestjs/common';
import { DependencyUnavailable, Rejection } from '@rookery/domain';
import { Sql, Transaction } from '@rookery/persistence';
import { Locked } from '../model/rejections';
import { IdentitySettings } from '../settings';

/** Seconds after which a comparison without a reported result is considered lost with its process. */
const MAX_COMPARISON_SECONDS = 30;
/** Milliseconds to wait for the outcome of running comparisons: per wait, and in total. */
const PAUSE_MS = 25;
const TIMEOUT_MS = 5_000;

/** The failures that still count; `$3` is their lifetime in seconds. */
const RECENT = `array(SELECT at FROM unnest(a.failed_at) AS at
  WHERE at > clock_timestamp() - make_interval(secs => $3))`;
const COMPARING = `CASE WHEN a.comparing_until > clock_timestamp() THEN a.comparing ELSE 0 END`;

/**
 * Counts the wrong passwords of each address, known or not, and locks it after `LOCKOUT_FAILURES` of them. An attempt
 * takes one of `LOCKOUT_FAILURES` slots *before* its comparison, and releases it or turns it into a failure afterwards,
 * so parallel guesses get no additional comparison. Attempts without a slot wait for an outcome, so that many
 * concurrent sign-ins with the right password all succeed.
 *
 * Stored in PostgreSQL, so that neither a Redis flush nor a restart resets it, and written in separate transactions,
 * because a rejected command rolls its own back. Addresses are HMACs: the table does not reveal which were tried.
 */
@Injectable()
export class PasswordAttempts {
  constructor(
    private readonly settings: IdentitySettings,
    private readonly sql: Sql,
    private readonly transaction: Transaction,
  ) {}

  /**
   * Takes a slot for one comparison; {@link right}, {@link wrong} or {@link withdraw} must follow.
   *
   * @param address HMAC of the e-mail address, and of the network if it is counted separately
   * @throws Rejection `identity.locked`; `dependency.unavailable` if no slot becomes free in time
   */
  async begin(address: Buffer): Promise<void> {
    const giveUpAt = performance.now() + TIMEOUT_MS;
    while (!(await this.takePlace(address))) {
      const retryAfterSeconds = await this.secondsLocked(address);
      if (retryAfterSeconds !== undefined) throw new Rejection(Locked, { retryAfterSeconds });
      if (performance.now() > giveUpAt) throw new Rejection(DependencyUnavailable, { retryAfterSeconds: 1 });
      await wait(PAUSE_MS * (1 + Math.random()));
    }
  }

  /** The password was right: earlier failures are reset. */
  async right(address: Buffer): Promise<void> {
    // The usual case: no other comparison is running, so the row can be deleted.
    const gone = await this.sql.executeAlone(
      'DELETE FROM identity.password_attempts WHERE address = $1 AND comparing <= 1',
      [address],
    );
    if (gone === 1) return;
    await this.sql.executeAlone(
      `UPDATE identity.password_attempts SET comparing = greatest(comparing - 1, 0), failed_at = '{}' WHERE address = $1`,
      [address],
    );
  }

  /** The password was wrong; failure number `LOCKOUT_FAILURES` locks the address. */
  async wrong(address: Buffer): Promise<void> {
    await this.sql.executeAlone(
      `INSERT INTO identity.password_attempts AS a (address, failed_at) VALUES ($1, array[clock_timestamp()])
         ON CONFLICT (address) DO UPDATE SET
           comparing = greatest(a.comparing - 1, 0),
           failed_at = CASE WHEN cardinality(${RECENT}) + 1 >= $2 THEN '{}' ELSE ${RECENT} || clock_timestamp() END,
           locked_until = CASE WHEN cardinality(${RECENT}) + 1 >= $2
                               THEN clock_timestamp() + make_interval(secs => $3) ELSE a.locked_until END`,
      [address, this.settings.lockoutFailures, this.settings.lockoutSeconds],
    );
  }

  /** Nothing was compared. */
  async withdraw(address: Buffer): Promise<void> {
    await this.sql.executeAlone(
      'UPDATE identity.password_attempts SET comparing = greatest(comparing - 1, 0) WHERE address = $1',
      [address],
    );
  }

  /** Removes the locks of an address whose owner has authenticated in another way; part of the current transaction. */
  async forgive(addresses: readonly Buffer[]): Promise<void> {
    await this.sql.execute(
      `UPDATE identity.password_attempts SET failed_at = '{}', locked_until = NULL WHERE address = ANY ($1::bytea[])`,
      [addresses],
    );
  }

  /**
   * Deletes addresses without current failures or locks, at most `limit`.
   *
   * @returns number of deleted rows
   */
  removeOld(limit: number): Promise<number> {
    return this.sql.execute(
      `DELETE FROM identity.password_attempts WHERE ctid = ANY (ARRAY(
         SELECT ctid FROM identity.password_attempts
         WHERE comparing_until < now() - make_interval(secs => $1) AND (locked_until IS NULL OR locked_until < now())
         LIMIT $2 FOR UPDATE SKIP LOCKED))`,
      [2 * this.settings.lockoutSeconds, limit],
    );
  }

  private async takePlace(address: Buffer): Promise<boolean> {
    const taken = await this.sql.executeAlone(
      `INSERT INTO identity.password_attempts AS a (address, comparing, comparing_until)
         VALUES ($1, 1, clock_timestamp() + make_interval(secs => ${MAX_COMPARISON_SECONDS}))
         ON CONFLICT (address) DO UPDATE SET comparing = ${COMPARING} + 1, comparing_until = excluded.comparing_until
         WHERE (a.locked_until IS NULL OR a.locked_until <= clock_timestamp())
           AND cardinality(${RECENT}) + ${COMPARING} < $2`,
      [address, this.settings.lockoutFailures, this.settings.lockoutSeconds],
    );
    return taken === 1;
  }

  /** @returns whole seconds until sign-in is possible again; undefined if it is not locked */
  private async secondsLocked(address: Buffer): Promise<number | undefined> {
    const row = await this.transaction.outside(() =>
      this.sql.row<{ seconds: number }>(
        `SELECT ceil(extract(epoch FROM locked_until - clock_timestamp()))::int AS seconds
         FROM identity.password_attempts WHERE address = $1 AND locked_until > clock_timestamp()`,
        [address],
      ),
    );
    return row?.seconds;
  }
}
