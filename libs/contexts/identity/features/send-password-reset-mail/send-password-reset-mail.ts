import { Logger } from '@nestjs/common';
import type { EventOf } from '@rookery/domain';
import { defineMail, Mail } from '@rookery/mail';
import { type Attempt, type Handles, Queues, Subscriber } from '@rookery/messaging';
import { WebSettings } from '@rookery/web';
import { VerificationSecrets } from '../../services/verification-secrets';
import { PasswordResetRequested } from '../../events';
import { PasswordResetLinks } from '../../storage/password-reset-links';

const passwordResetMail = defineMail<{ name: string; username: string; link: string }>({
  subject: 'Set a new Rookery password',
  text: `Hello {{name}},

somebody, perhaps you, wants to set a new password for the account "{{username}}". Open this link within an hour:
{{link}}

The link works once. If it was not you, ignore this mail: nothing changes without the link.
`,
  html: `<p>Hello {{name}},</p>
<p>somebody, perhaps you, wants to set a new password for the account “{{username}}”. <a href="{{link}}">Open this link</a> within an hour.</p>
<p>The link works once. If it was not you, ignore this mail: nothing changes without the link.</p>`,
});

/** Sends the link that sets a new password. */
@Subscriber('identity.send-password-reset-mail', PasswordResetRequested, { queue: Queues.mail })
export class SendPasswordResetMail implements Handles<typeof PasswordResetRequested> {
  private readonly log = new Logger(SendPasswordResetMail.name);

  constructor(
    private readonly links: PasswordResetLinks,
    private readonly mail: Mail,
    private readonly secrets: VerificationSecrets,
    private readonly settings: WebSettings,
  ) {}

  async handle({ subject, data: { resetId } }: EventOf<typeof PasswordResetRequested>, { key }: Attempt) {
    const token = this.secrets.resetToken(resetId);
    const user = await this.links.find(token);
    if (!user) return this.log.log(`Not sent: the link of user ${subject} is used up or too old by now.`);
    const link = `${this.settings.appUrl}/reset?token=${token}`;
    await this.mail.send(user.email, passwordResetMail, { ...user, link }, key);
  }
}
