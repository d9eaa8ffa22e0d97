import { setTimeout as wait } from 'node:timers/promises';
import { Injectable } from '@nestjs/common';
import { DependencyUnavailable, Rejection } from '@rookery/domain';
import { Sql, Transaction } from '@rookery/persistence';
import { Locked } from '../model/rejections';
import { IdentitySettings } from '../settings';

/** Seconds after which a comparison that nobody reported the end of is taken for dead with its process. */
const MAX_COMPARISON_SECONDS = 30;
/** Milliseconds to wait for the outcome of the comparisons under way: each time, and in all. */
const PAUSE_MS = 25;
const TIMEOUT_MS = 5_000;

/** The failures that still count; `$3` are the seconds for which they do. */
const RECENT = `array(SELECT at FROM unnest(a.failed_at) AS at
  WHERE at > clock_timestamp() - make_interval(secs => $3))`;
const COMPARING = `CASE WHEN a.comparing_until > clock_timestamp() THEN a.comparing ELSE 0 END`;

/**
 * The wrong passwords of each address, known or not, and the lock that `LOCKOUT_FAILURES` of them set. An attempt takes one of as
 * many places *before* its comparison and gives it back or turns it into a failure afterwards, so no number of parallel
 * guesses gets one comparison more; those that find no place wait for an outcome, so that many who know the
 * password and sign in at once all come in.
 *
 * Kept in PostgreSQL, where neither a flushed Redis nor a restart refills it, and written in transactions of its own,
 * since a command that is rejected takes back all that is in its own. Addresses are HMACs: the table does not tell
 * who was tried.
 */
@Injectable()
export class PasswordAttempts {
  constructor(
    private readonly settings: IdentitySettings,
    private readonly sql: Sql,
    private readonly transaction: Transaction,
  ) {}

  /**
   * Takes a place for one comparison; {@link right}, {@link wrong} or {@link withdraw} must follow.
   *
   * @param address HMAC of the e-mail address, and of the network where that counts apart
   * @throws Rejection `identity.locked`; `dependency.unavailable` when there is no place for too long
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

  /** The password was right: what failed before is forgiven. */
  async right(address: Buffer): Promise<void> {
    await this.alone(async () => {
      // The usual case: nobody else compares, so there is nothing left to remember.
      const gone = await this.sql.execute(
        'DELETE FROM identity.password_attempts WHERE address = $1 AND comparing <= 1',
        [address],
      );
      if (gone === 1) return;
      await this.sql.execute(
        `UPDATE identity.password_attempts SET comparing = greatest(comparing - 1, 0), failed_at = '{}' WHERE address = $1`,
        [address],
      );
    });
  }

  /** The password was wrong; the last time of `LOCKOUT_FAILURES` locks the address. */
  async wrong(address: Buffer): Promise<void> {
    await this.alone(() =>
      this.sql.execute(
        `INSERT INTO identity.password_attempts AS a (address, failed_at) VALUES ($1, array[clock_timestamp()])
         ON CONFLICT (address) DO UPDATE SET
           comparing = greatest(a.comparing - 1, 0),
           failed_at = CASE WHEN cardinality(${RECENT}) + 1 >= $2 THEN '{}' ELSE ${RECENT} || clock_timestamp() END,
           locked_until = CASE WHEN cardinality(${RECENT}) + 1 >= $2
                               THEN clock_timestamp() + make_interval(secs => $3) ELSE a.locked_until END`,
        [address, this.settings.lockoutFailures, this.settings.lockoutSeconds],
      ),
    );
  }

  /** Nothing was compared after all. */
  async withdraw(address: Buffer): Promise<void> {
    await this.alone(() =>
      this.sql.execute(
        'UPDATE identity.password_attempts SET comparing = greatest(comparing - 1, 0) WHERE address = $1',
        [address],
      ),
    );
  }

  /** Lifts the locks of an address whose owner has come by another way; part of the present transaction. */
  async forgive(addresses: readonly Buffer[]): Promise<void> {
    await this.sql.execute(
      `UPDATE identity.password_attempts SET failed_at = '{}', locked_until = NULL WHERE address = ANY ($1::bytea[])`,
      [addresses],
    );
  }

  /** Forgets addresses that nothing is held against any more. */
  async removeOld(): Promise<void> {
    await this.sql.execute(
      `DELETE FROM identity.password_attempts
       WHERE comparing_until < now() - make_interval(secs => $1) AND (locked_until IS NULL OR locked_until < now())`,
      [2 * this.settings.lockoutSeconds],
    );
  }

  private async takePlace(address: Buffer): Promise<boolean> {
    const taken = await this.alone(() =>
      this.sql.execute(
        `INSERT INTO identity.password_attempts AS a (address, comparing, comparing_until)
         VALUES ($1, 1, clock_timestamp() + make_interval(secs => ${MAX_COMPARISON_SECONDS}))
         ON CONFLICT (address) DO UPDATE SET comparing = ${COMPARING} + 1, comparing_until = excluded.comparing_until
         WHERE (a.locked_until IS NULL OR a.locked_until <= clock_timestamp())
           AND cardinality(${RECENT}) + ${COMPARING} < $2`,
        [address, this.settings.lockoutFailures, this.settings.lockoutSeconds],
      ),
    );
    return taken === 1;
  }

  /** @returns whole seconds until sign-in is possible again; undefined when it is not locked */
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

  private alone<T>(work: () => Promise<T>): Promise<T> {
    return this.transaction.outside(() => this.transaction.run(work));
  }
}
