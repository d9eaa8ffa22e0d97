import type { EventOf } from '@rookery/domain';
import { defineMail, Mail } from '@rookery/mail';
import { type Attempt, type Handles, Queues, Subscriber } from '@rookery/messaging';
import { Sql } from '@rookery/persistence';
import { MfaDisabled, MfaEnabled } from '../../events';

interface Addressee {
  email: string;
  name: string;
}

const enabledMail = defineMail<{ name: string }>({
  subject: 'Two-factor authentication is on for your Rookery account',
  text: `Hello {{name}},

an authenticator app was added to your account. From now on, you need one of its codes to sign in. Keep the recovery codes in a place that you can reach without your phone.

If it was not you, somebody else is signed in to your account. Change your password at once.
`,
  html: `<p>Hello {{name}},</p>
<p>an authenticator app was added to your account. From now on, you need one of its codes to sign in. Keep the recovery codes in a place that you can reach without your phone.</p>
<p>If it was not you, somebody else is signed in to your account. Change your password at once.</p>`,
});

const disabledMail = defineMail<{ name: string }>({
  subject: 'Two-factor authentication is off for your Rookery account',
  text: `Hello {{name}},

the authenticator app was removed from your account. Now you need only your password to sign in.

If it was not you, somebody else is signed in to your account. Change your password at once.
`,
  html: `<p>Hello {{name}},</p>
<p>the authenticator app was removed from your account. Now you need only your password to sign in.</p>
<p>If it was not you, somebody else is signed in to your account. Change your password at once.</p>`,
});

const ADDRESSEE = 'SELECT email, name FROM identity.users WHERE id = $1';

/** Notifies the owner of an account that a second factor was added. */
@Subscriber('identity.send-mfa-enabled-mail', MfaEnabled, { queue: Queues.mail })
export class SendMfaEnabledMail implements Handles<typeof MfaEnabled> {
  constructor(
    private readonly mail: Mail,
    private readonly sql: Sql,
  ) {}

  async handle({ subject }: EventOf<typeof MfaEnabled>, { key }: Attempt): Promise<void> {
    const user = await this.sql.row<Addressee & Record<string, unknown>>(ADDRESSEE, [subject]);
    if (user) await this.mail.send(user.email, enabledMail, user, key);
  }
}

/** Notifies the owner of an account that the second factor was removed. */
@Subscriber('identity.send-mfa-disabled-mail', MfaDisabled, { queue: Queues.mail })
export class SendMfaDisabledMail implements Handles<typeof MfaDisabled> {
  constructor(
    private readonly mail: Mail,
    private readonly sql: Sql,
  ) {}

  async handle({ subject }: EventOf<typeof MfaDisabled>, { key }: Attempt): Promise<void> {
    const user = await this.sql.row<Addressee & Record<string, unknown>>(ADDRESSEE, [subject]);
    if (user) await this.mail.send(user.email, disabledMail, user, key);
  }
}
