import { Injectable } from '@nestjs/common';
import { Mail, type MailTemplate } from '@rookery/mail';
import { Sql } from '@rookery/persistence';

/** Sends mails to users in their preferred language. */
@Injectable()
export class UserMails {
  constructor(
    private readonly mail: Mail,
    private readonly sql: Sql,
  ) {}

  /**
   * Sends a mail to a user.
   *
   * @param to any address of theirs, an old or a new one
   * @param key idempotency key of the delivery
   * @throws Reject, Snooze see {@link Mail.send}
   */
  async send<V extends object>(
    userId: string,
    to: string,
    template: MailTemplate<V>,
    variables: V,
    key: string,
  ): Promise<void> {
    const said = await this.sql.row<{ language: string }>(
      'SELECT language FROM identity.preferences WHERE user_id = $1',
      [userId],
    );
    await this.mail.send(to, template, variables, key, { ...said });
  }
}

/** @returns the time of an event in the format of mails: `2026-01-31 12:00 UTC` */
export function mailedTime(occurredAt: string): string {
  return `${occurredAt.slice(0, 16).replace('T', ' ')} UTC`;
}
