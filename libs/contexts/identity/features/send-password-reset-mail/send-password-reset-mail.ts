import { Logger } from '@nestjs/common';
import type { EventOf } from '@rookery/domain';
import { defineMail } from '@rookery/mail';
import { type Attempt, type Handles, Queues, Subscriber } from '@rookery/messaging';
import { WebSettings } from '@rookery/web';
import { VerificationSecrets } from '../../services/verification-secrets';
import { UserMails } from '../../services/user-mails';
import { PasswordResetRequested } from '../../events';
import { PasswordResetLinks } from '../../storage/password-reset-links';

const passwordResetMail = defineMail<{ name: string; username: string; link: string }>('password-reset', {
  transactional: true,
  sample: { name: 'Ada Lovelace', username: 'ada', link: 'https://rookery.test/reset?token=…' },
  en: {
    subject: 'Set a new Rookery password',
    body: [
      'Hello {{name}},',
      'somebody, perhaps you, wants to set a new password for the account “{{username}}”. Open this link within an hour:',
      { label: 'Set a new password', link: '{{link}}' },
      'The link works once. If it was not you, ignore this mail: nothing changes without the link.',
    ],
  },
  de: {
    subject: 'Neues Passwort für Rookery setzen',
    body: [
      'Guten Tag, {{name}},',
      'jemand, vielleicht Sie selbst, will für das Konto „{{username}}“ ein neues Passwort setzen. Öffnen Sie binnen einer Stunde diesen Link:',
      { label: 'Neues Passwort setzen', link: '{{link}}' },
      'Der Link gilt einmal. Wenn Sie es nicht waren, ignorieren Sie diese Mail: Ohne den Link ändert sich nichts.',
    ],
  },
});

/** Sends the link that sets a new password. */
@Subscriber('identity.send-password-reset-mail', PasswordResetRequested, { queue: Queues.mail })
export class SendPasswordResetMail implements Handles<typeof PasswordResetRequested> {
  private readonly log = new Logger(SendPasswordResetMail.name);

  constructor(
    private readonly links: PasswordResetLinks,
    private readonly mails: UserMails,
    private readonly secrets: VerificationSecrets,
    private readonly settings: WebSettings,
  ) {}

  async handle({ subject, data: { resetId } }: EventOf<typeof PasswordResetRequested>, { key }: Attempt) {
    const token = this.secrets.resetToken(resetId);
    const user = await this.links.find(token);
    if (!user) return this.log.log(`Not sent: the link of user ${subject} is used up or too old by now.`);
    const link = `${this.settings.appUrl}/reset?token=${token}`;
    await this.mails.send(subject, user.email, passwordResetMail, { ...user, link }, key);
  }
}
