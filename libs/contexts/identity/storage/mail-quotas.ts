import { Injectable } from '@nestjs/common';
import { Snooze } from '@rookery/messaging';
import { Sql, Transaction } from '@rookery/persistence';
import { Keys } from '../keys';
import { IdentitySettings } from '../settings';

/** A kind of mail that strangers can trigger; resets that a known network requests are counted separately. */
export type MailKind =
  | 'verification'
  | 'registration-repeated'
  | 'password-reset'
  | 'password-reset-known-network'
  | 'email-change'
  | 'email-change-of-account'
  | 'email-change-notice';

/** Seconds between the first two mails of a day. */
const FIRST_PAUSE_SECONDS = 60;
/** Factor between consecutive pauses. */
const PAUSE_FACTOR = 4;

/** The mails of the past day; `statement_timestamp()` is constant within a statement. */
const RECENT = `array(SELECT at FROM unnest(q.sent_at) AS at WHERE at > statement_timestamp() - interval '1 day')`;

/** When the next mail may be sent; `$3` is the daily maximum, `$4` the second pause in seconds. */
const NEXT_AT = `CASE
  WHEN cardinality(${RECENT}) = 0 THEN statement_timestamp()
  WHEN cardinality(${RECENT}) >= $3::int THEN (${RECENT})[1] + interval '1 day'
  WHEN cardinality(${RECENT}) = 1 THEN q.last_sent_at + interval '${FIRST_PAUSE_SECONDS} s'
  ELSE q.last_sent_at + make_interval(secs => $4 * power(${PAUSE_FACTOR}, cardinality(${RECENT}) - 2))
END`;

/**
 * Limits the mails of a kind to an address, whoever requests them. There is a minute between the first two of a day;
 * from the third on the pause grows, and after `MAIL_DAILY_MAX` mails no more are sent until a day after the first of
 * them.
 *
 * Stored in PostgreSQL, so that neither a Redis flush nor a restart resets it, and by address, so that a recreated
 * account does not start over. Addresses are HMACs.
 */
@Injectable()
export class MailQuotas {
  constructor(
    private readonly keys: Keys,
    private readonly settings: IdentitySettings,
    private readonly sql: Sql,
    private readonly transaction: Transaction,
  ) {}

  /**
   * Counts a mail, in the current transaction, together with the event that requests it.
   *
   * @param email in lower case
   * @returns whether it may be sent
   */
  async take(email: string, kind: MailKind): Promise<boolean> {
    return this.count(email, kind, false);
  }

  /** @returns whether a mail could be sent now; does not count it. */
  async isOpen(email: string, kind: MailKind): Promise<boolean> {
    return (await this.secondsToWait(email, kind)) <= 0;
  }

  /**
   * Counts a mail that is about to be sent, in a separate transaction. If there were too many, the mail waits; the
   * registration that requested it already applies. A counted mail may be sent again if sending has failed.
   *
   * @param email in lower case; for a kind that counts by account its id
   * @param mailId of the mail
   * @param first whether it is the first mail of an account or decoy: it is counted but always sent, because the user
   *   could not continue without it
   * @throws Snooze until it may be sent
   */
  async admit(email: string, kind: MailKind, mailId: string, first: boolean): Promise<void> {
    const seconds = await this.transaction.run(async () => {
      const known = await this.sql.row('SELECT 1 AS known FROM identity.admitted_mails WHERE id = $1', [
        mailId,
      ]);
      if (known) return 0;
      if (!(await this.count(email, kind, first)))
        return Math.max(0.001, await this.secondsToWait(email, kind));
      await this.sql.execute('INSERT INTO identity.admitted_mails (id) VALUES ($1)', [mailId]);
      return 0;
    });
    if (seconds > 0) throw new Snooze(Math.ceil(seconds * 1_000));
  }

  /**
   * Deletes addresses without mails for a day, and mails of previous days, at most `limit` of each.
   *
   * @returns number of deleted rows, of the table that more were deleted from
   */
  async removeOld(limit: number): Promise<number> {
    const quotas = await this.sql.execute(
      `DELETE FROM identity.mail_quotas WHERE ctid = ANY (ARRAY(
         SELECT ctid FROM identity.mail_quotas WHERE last_sent_at < now() - interval '1 day' LIMIT $1 FOR UPDATE SKIP LOCKED))`,
      [limit],
    );
    const admitted = await this.sql.execute(
      `DELETE FROM identity.admitted_mails WHERE ctid = ANY (ARRAY(
         SELECT ctid FROM identity.admitted_mails WHERE admitted_at < now() - interval '1 day' LIMIT $1 FOR UPDATE SKIP LOCKED))`,
      [limit],
    );
    return Math.max(quotas, admitted);
  }

  private async count(email: string, kind: MailKind, whatever: boolean): Promise<boolean> {
    const counted = await this.sql.execute(
      `INSERT INTO identity.mail_quotas AS q (address, kind, sent_at, last_sent_at)
       VALUES ($1, $2, array[statement_timestamp()], statement_timestamp())
       ON CONFLICT (address, kind) DO UPDATE
         SET sent_at = ${RECENT} || statement_timestamp(), last_sent_at = statement_timestamp()
         WHERE $5 OR ${NEXT_AT} <= statement_timestamp()`,
      [...this.parametersOf(email, kind), whatever],
    );
    return counted === 1;
  }

  private async secondsToWait(email: string, kind: MailKind): Promise<number> {
    const row = await this.sql.row<{ seconds: number }>(
      `SELECT extract(epoch FROM ${NEXT_AT} - statement_timestamp())::float8 AS seconds
       FROM identity.mail_quotas q WHERE q.address = $1 AND q.kind = $2`,
      this.parametersOf(email, kind),
    );
    return row?.seconds ?? 0;
  }

  private parametersOf(email: string, kind: MailKind): unknown[] {
    const { mailDailyMax, mailPauseSeconds } = this.settings;
    return [this.keys.mac('attempts', 'mail', email), kind, mailDailyMax, mailPauseSeconds];
  }
}
