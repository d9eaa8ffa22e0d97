import type { EventOf } from '@rookery/domain';
import { defineMail } from '@rookery/mail';
import { type Attempt, type Handles, Queues, Subscriber } from '@rookery/messaging';
import { Sql } from '@rookery/persistence';
import { UserVerified } from '../../contract/events';
import { UserMails } from '../../services/user-mails';

const welcomeMail = defineMail<{ name: string; username: string }>('welcome', {
  transactional: true,
  sample: { name: 'Ada Lovelace', username: 'ada' },
  en: { subject: 'Welcome to Rookery', body: ['Hello {{name}},', 'your account “{{username}}” is ready.'] },
  de: {
    subject: 'Willkommen bei Rookery',
    body: ['Guten Tag, {{name}},', 'Ihr Konto „{{username}}“ ist bereit.'],
  },
});

/**
 * Welcomes newly verified users. Accounts older than a week get no mail: this happens if a dead delivery is redriven
 * much later, or for accounts with a date in the past, such as demo accounts.
 */
@Subscriber('identity.send-welcome-mail', UserVerified, { queue: Queues.mail })
export class SendWelcomeMail implements Handles<typeof UserVerified> {
  constructor(
    private readonly mails: UserMails,
    private readonly sql: Sql,
  ) {}

  async handle({ subject }: EventOf<typeof UserVerified>, { key }: Attempt): Promise<void> {
    const user = await this.sql.row<{ email: string; name: string; username: string }>(
      `SELECT email, name, username FROM identity.users WHERE id = $1 AND verified_at > now() - interval '7 days'`,
      [subject],
    );
    if (!user) return;
    await this.mails.send(subject, user.email, welcomeMail, user, key);
  }
}
