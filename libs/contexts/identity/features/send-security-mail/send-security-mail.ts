import type { EventOf } from '@rookery/domain';
import { defineMail, Mail } from '@rookery/mail';
import { type Attempt, type Handles, Queues, Subscriber } from '@rookery/messaging';
import { Sql } from '@rookery/persistence';
import { PasswordChanged, RefreshReused } from '../../contract';

interface Told {
  name: string;
  username: string;
  /** `2026-01-31 12:00 UTC` */
  when: string;
  /** ` from 192.0.2.1`, or nothing when that is not known. */
  from: string;
}

const passwordChangedMail = defineMail<Told>({
  subject: 'Your Rookery password was changed',
  text: `Hello {{name}},

the password of the account "{{username}}" was changed on {{when}}{{from}}. Other devices were signed out.

If it was you, there is nothing to do. If it was not, somebody else has your password or reads your mail: change the password of your mailbox, then choose "forgot password" where you sign in to Rookery.
`,
  html: `<p>Hello {{name}},</p>
<p>the password of the account “{{username}}” was changed on {{when}}{{from}}. Other devices were signed out.</p>
<p>If it was you, there is nothing to do. If it was not, somebody else has your password or reads your mail: change the password of your mailbox, then choose “forgot password” where you sign in to Rookery.</p>`,
});

const sessionCopiedMail = defineMail<Told>({
  subject: 'Somebody may have used your Rookery session',
  text: `Hello {{name}},

on {{when}} an outdated key to a session of the account "{{username}}" was used, one that was signed in{{from}}. Somebody may have a copy of it, so that session was ended.

Sign in again to go on. If you do not know that session, or this happens again, change your password and end all sessions.
`,
  html: `<p>Hello {{name}},</p>
<p>on {{when}} an outdated key to a session of the account “{{username}}” was used, one that was signed in{{from}}. Somebody may have a copy of it, so that session was ended.</p>
<p>Sign in again to go on. If you do not know that session, or this happens again, change your password and end all sessions.</p>`,
});

/**
 * Tells the owner of an account what somebody else may have done to it (OWASP ASVS 5.0, 6.3.7). From where is looked up
 * in the session, since events carry no addresses; the user agent is left out, since whoever signs in writes it.
 */
@Subscriber([PasswordChanged, RefreshReused], { queue: Queues.mail })
export class SendSecurityMail implements Handles<typeof PasswordChanged | typeof RefreshReused> {
  constructor(
    private readonly mail: Mail,
    private readonly sql: Sql,
  ) {}

  async handle(
    { subject, occurredAt, data }: EventOf<typeof PasswordChanged | typeof RefreshReused>,
    { key }: Attempt,
  ): Promise<void> {
    const [userId, sessionId] = 'userId' in data ? [data.userId, subject] : [subject, data.sessionId];
    const user = await this.sql.row<{ email: string; name: string; username: string; ip: string | null }>(
      `SELECT u.email, u.name, u.username, host(s.ip) AS ip
       FROM identity.users u LEFT JOIN identity.sessions s ON s.user_id = u.id AND s.id = $2
       WHERE u.id = $1`,
      [userId, sessionId],
    );
    if (!user) return;
    const { email, name, username, ip } = user;
    const when = `${occurredAt.slice(0, 16).replace('T', ' ')} UTC`;
    const template = 'userId' in data ? sessionCopiedMail : passwordChangedMail;
    await this.mail.send(email, template, { name, username, when, from: ip ? ` from ${ip}` : '' }, key);
  }
}
