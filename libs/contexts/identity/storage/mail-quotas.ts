import { Injectable } from '@nestjs/common';
import { Sql } from '@rookery/persistence';
import { Keys } from '../access/keys';
import { IdentitySettings } from '../settings';

/** A mail that strangers can have sent to an address; resets that a known network asks for are counted apart. */
export type MailKind =
  'verification' | 'registration-repeated' | 'password-reset' | 'password-reset-known-network';

/** How many times as long as the pause before each pause is. */
const PAUSE_FACTOR = 4;

/** The mails of the past day; `statement_timestamp()` is one instant for the whole statement. */
const RECENT = `array(SELECT at FROM unnest(q.sent_at) AS at WHERE at > statement_timestamp() - interval '1 day')`;

/**
 * How many mails of a kind an address is sent, whoever asks for them. The account leaves a minute between two; from
 * the third of a day on the pause grows, and after `MAIL_DAILY_MAX` there is none until a day has passed since the
 * first of them.
 *
 * In PostgreSQL, where neither a flushed Redis nor a restart forgets it, and by address, so that an account that is
 * made anew does not begin anew. Addresses are HMACs.
 */
@Injectable()
export class MailQuotas {
  constructor(
    private readonly keys: Keys,
    private readonly settings: IdentitySettings,
    private readonly sql: Sql,
  ) {}

  /**
   * Counts a mail, in the present transaction, together with the event that asks for it.
   *
   * @param email in lower case
   * @returns whether it may be sent
   */
  async take(email: string, kind: MailKind): Promise<boolean> {
    const taken = await this.sql.execute(
      `INSERT INTO identity.mail_quotas AS q (address, kind, sent_at, last_sent_at)
       VALUES ($1, $2, array[statement_timestamp()], statement_timestamp())
       ON CONFLICT (address, kind) DO UPDATE
         SET sent_at = ${RECENT} || statement_timestamp(), last_sent_at = statement_timestamp()
         WHERE cardinality(${RECENT}) < least(2, $3::int) OR cardinality(${RECENT}) < $3::int
           AND q.last_sent_at <= statement_timestamp()
             - make_interval(secs => $4 * power(${PAUSE_FACTOR}, cardinality(${RECENT}) - 2))`,
      [this.addressOf(email), kind, this.settings.mailDailyMax, this.settings.mailPauseSeconds],
    );
    return taken === 1;
  }

  /** Forgets addresses that were sent nothing for a day. */
  async removeOld(): Promise<void> {
    await this.sql.execute(`DELETE FROM identity.mail_quotas WHERE last_sent_at < now() - interval '1 day'`);
  }

  private addressOf(email: string): Buffer {
    return this.keys.mac('attempts', 'mail', email);
  }
}
