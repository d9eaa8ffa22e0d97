import { Injectable } from '@nestjs/common';
import { Snooze } from '@rookery/messaging';
import { Sql, Transaction } from '@rookery/persistence';
import { Keys } from '../keys';
import { IdentitySettings } from '../settings';

/** A mail that strangers can have sent to an address; resets that a known network asks for are counted apart. */
export type MailKind =
  'verification' | 'registration-repeated' | 'password-reset' | 'password-reset-known-network';

/** Seconds between the first two mails of a day. */
const FIRST_PAUSE_SECONDS = 60;
/** How many times as long as the pause before each further pause is. */
const PAUSE_FACTOR = 4;

/** The mails of the past day; `statement_timestamp()` is one instant for the whole statement. */
const RECENT = `array(SELECT at FROM unnest(q.sent_at) AS at WHERE at > statement_timestamp() - interval '1 day')`;

/** When the next mail may be sent; `$3` is how many a day may, `$4` the seconds of the second pause. */
const NEXT_AT = `CASE
  WHEN cardinality(${RECENT}) = 0 THEN statement_timestamp()
  WHEN cardinality(${RECENT}) >= $3::int THEN (${RECENT})[1] + interval '1 day'
  WHEN cardinality(${RECENT}) = 1 THEN q.last_sent_at + interval '${FIRST_PAUSE_SECONDS} s'
  ELSE q.last_sent_at + make_interval(secs => $4 * power(${PAUSE_FACTOR}, cardinality(${RECENT}) - 2))
END`;

/**
 * How many mails of a kind an address is sent, whoever asks for them. There is a minute between the first two of a day;
 * from the third on the pause grows, and after `MAIL_DAILY_MAX` there is none until a day has passed since the first
 * of them.
 *
 * In PostgreSQL, where neither a flushed Redis nor a restart forgets it, and by address, so that an account that is
 * created again does not start over. Addresses are HMACs.
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
   * Counts a mail, in the present transaction, together with the event that asks for it.
   *
   * @param email in lower case
   * @returns whether it may be sent
   */
  async take(email: string, kind: MailKind): Promise<boolean> {
    return this.count(email, kind, false);
  }

  /** @returns whether a mail might be sent now; none is counted. */
  async isOpen(email: string, kind: MailKind): Promise<boolean> {
    return (await this.secondsToWait(email, kind)) <= 0;
  }

  /**
   * Counts a mail that is about to be sent, in a transaction of its own. Where there have been too many, it waits: what
   * asked for it holds already. One that was counted goes again when sending it has failed.
   *
   * @param mailId of the mail
   * @param first of an account or decoy: that is counted, but sent whatever came before, since there is no other way on
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

  /** Forgets addresses that were sent nothing for a day, and mails of days before. */
  async removeOld(): Promise<void> {
    await this.sql.execute(`DELETE FROM identity.mail_quotas WHERE last_sent_at < now() - interval '1 day'`);
    await this.sql.execute(
      `DELETE FROM identity.admitted_mails WHERE admitted_at < now() - interval '1 day'`,
    );
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
