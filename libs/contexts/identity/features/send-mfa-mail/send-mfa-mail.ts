import type { EventOf } from '@rookery/domain';
import { defineMail } from '@rookery/mail';
import { type Attempt, type Handles, Queues, Subscriber } from '@rookery/messaging';
import { Sql } from '@rookery/persistence';
import { MfaDisabled, MfaEnabled } from '../../events';
import { UserMails } from '../../services/user-mails';

interface Addressee {
  email: string;
  name: string;
}

const enabledMail = defineMail<{ name: string }>('mfa-enabled', {
  transactional: true,
  sample: { name: 'Ada Lovelace' },
  en: {
    subject: 'Two-factor authentication is on for your Rookery account',
    body: [
      'Hello {{name}},',
      'an authenticator app was added to your account. From now on, you need one of its codes to sign in. Keep the recovery codes in a place that you can reach without your phone.',
      'If it was not you, somebody else is signed in to your account. Change your password at once.',
    ],
  },
  de: {
    subject: 'Zwei-Faktor-Authentifizierung ist für Ihr Konto bei Rookery eingeschaltet',
    body: [
      'Guten Tag, {{name}},',
      'Ihrem Konto wurde eine Authentifizierungs-App hinzugefügt. Von jetzt an brauchen Sie einen ihrer Codes, um sich anzumelden. Verwahren Sie die Wiederherstellungscodes an einem Ort, den Sie ohne Ihr Telefon erreichen.',
      'Wenn Sie es nicht waren, ist jemand anders in Ihrem Konto angemeldet. Ändern Sie sofort Ihr Passwort.',
    ],
  },
});

const disabledMail = defineMail<{ name: string }>('mfa-disabled', {
  transactional: true,
  sample: { name: 'Ada Lovelace' },
  en: {
    subject: 'Two-factor authentication is off for your Rookery account',
    body: [
      'Hello {{name}},',
      'the authenticator app was removed from your account. Now you need only your password to sign in.',
      'If it was not you, somebody else is signed in to your account. Change your password at once.',
    ],
  },
  de: {
    subject: 'Zwei-Faktor-Authentifizierung ist für Ihr Konto bei Rookery ausgeschaltet',
    body: [
      'Guten Tag, {{name}},',
      'die Authentifizierungs-App wurde aus Ihrem Konto entfernt. Jetzt brauchen Sie nur noch Ihr Passwort, um sich anzumelden.',
      'Wenn Sie es nicht waren, ist jemand anders in Ihrem Konto angemeldet. Ändern Sie sofort Ihr Passwort.',
    ],
  },
});

const ADDRESSEE = 'SELECT email, name FROM identity.users WHERE id = $1';

/** Notifies the owner of an account that a second factor was added. */
@Subscriber('identity.send-mfa-enabled-mail', MfaEnabled, { queue: Queues.mail })
export class SendMfaEnabledMail implements Handles<typeof MfaEnabled> {
  constructor(
    private readonly mails: UserMails,
    private readonly sql: Sql,
  ) {}

  async handle({ subject }: EventOf<typeof MfaEnabled>, { key }: Attempt): Promise<void> {
    const user = await this.sql.row<Addressee & Record<string, unknown>>(ADDRESSEE, [subject]);
    if (!user) return;
    await this.mails.send(subject, user.email, enabledMail, user, key);
  }
}

/** Notifies the owner of an account that the second factor was removed. */
@Subscriber('identity.send-mfa-disabled-mail', MfaDisabled, { queue: Queues.mail })
export class SendMfaDisabledMail implements Handles<typeof MfaDisabled> {
  constructor(
    private readonly mails: UserMails,
    private readonly sql: Sql,
  ) {}

  async handle({ subject }: EventOf<typeof MfaDisabled>, { key }: Attempt): Promise<void> {
    const user = await this.sql.row<Addressee & Record<string, unknown>>(ADDRESSEE, [subject]);
    if (!user) return;
    await this.mails.send(subject, user.email, disabledMail, user, key);
  }
}
