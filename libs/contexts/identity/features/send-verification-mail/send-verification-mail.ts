import { Logger } from '@nestjs/common';
import type { EventOf } from '@rookery/domain';
import { defineMail } from '@rookery/mail';
import { type Attempt, type Handles, Queues, Subscriber } from '@rookery/messaging';
import { Sql } from '@rookery/persistence';
import { WebSettings } from '@rookery/web';
import { VerificationCodes } from '../../services/verification-codes';
import { VerificationSecrets } from '../../services/verification-secrets';
import { UserMails } from '../../services/user-mails';
import { VerificationRequested } from '../../events';
import { MailQuotas } from '../../storage/mail-quotas';
import { Users } from '../../storage/users';

const verificationMail = defineMail<{
  name: string;
  username: string;
  contested: boolean;
  code: string;
  link: string;
}>('verification', {
  transactional: true,
  sample: {
    name: 'Ada Lovelace',
    username: 'ada',
    contested: false,
    code: '123456',
    link: 'https://rookery.test/activate?token=…',
  },
  en: {
    subject: '{{code}} is your Rookery code',
    body: [
      'Hello {{name}},',
      'your code is {{code}}. It expires after 10 minutes.',
      { code: '{{code}}' },
      'Or open this link within 3 days:',
      { label: 'Confirm the account', link: '{{link}}' },
      'It confirms the account “{{username}}”. {{#if contested}}This address was registered more than once, with different passwords. None of them counts: you choose one afterwards. {{/if}}If you did not request one, ignore this mail: without the code or the link, the account is removed.',
    ],
  },
  de: {
    subject: '{{code}} ist Ihr Code für Rookery',
    body: [
      'Guten Tag, {{name}},',
      'Ihr Code ist {{code}}. Er gilt 10 Minuten.',
      { code: '{{code}}' },
      'Oder öffnen Sie binnen 3 Tagen diesen Link:',
      { label: 'Konto bestätigen', link: '{{link}}' },
      'Er bestätigt das Konto „{{username}}“. {{#if contested}}Diese Adresse wurde mehrmals registriert, mit verschiedenen Passwörtern. Keines davon gilt: Sie wählen danach eines. {{/if}}Wenn Sie kein Konto wollten, ignorieren Sie diese Mail: Ohne den Code oder den Link wird es entfernt.',
    ],
  },
});

/** The version of a new account in the event that requests its first mail. */
const FIRST = 2;

/** Sends a new account its code and its link. If that fails permanently, the registration is canceled. */
@Subscriber('identity.send-verification-mail', VerificationRequested, { queue: Queues.mail })
export class SendVerificationMail implements Handles<typeof VerificationRequested> {
  private readonly log = new Logger(SendVerificationMail.name);

  constructor(
    private readonly codes: VerificationCodes,
    private readonly mails: UserMails,
    private readonly quotas: MailQuotas,
    private readonly secrets: VerificationSecrets,
    private readonly settings: WebSettings,
    private readonly sql: Sql,
    private readonly users: Users,
  ) {}

  async handle(
    { subject, sequence, data: { verificationId } }: EventOf<typeof VerificationRequested>,
    { key }: Attempt,
  ) {
    const user = await this.sql.row<{ email: string; name: string; username: string; contested: boolean }>(
      `SELECT email, name, username, contested FROM identity.users
       WHERE id = $1 AND status = 'pending' AND (verification_id IS NULL OR verification_id = $2)`,
      [subject, verificationId],
    );
    if (!user)
      return this.log.log(
        `Not sent: user ${subject} is verified already, the registration was canceled, or a newer mail is on the way.`,
      );
    await this.quotas.admit(user.email, 'verification', key, sequence === FIRST);
    const code = this.secrets.code(verificationId);
    await this.codes.issue(user.email, verificationId, code);
    const link = `${this.settings.appUrl}/activate?token=${this.secrets.linkToken(verificationId)}`;
    await this.mails.send(subject, user.email, verificationMail, { ...user, code, link }, key);
  }

  async onDiscarded({ subject }: EventOf<typeof VerificationRequested>): Promise<void> {
    const user = await this.users.find({ id: subject });
    if (!user?.pending) return;
    user.cancelRegistration('mail-undeliverable');
    await this.users.remove(user);
  }
}
