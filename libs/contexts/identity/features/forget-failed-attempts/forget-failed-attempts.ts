import { Schedule, type Scheduled } from '@rookery/messaging';
import { CodeFailures } from '../../storage/code-failures';
import { EmailChanges } from '../../storage/email-changes';
import { MailQuotas } from '../../storage/mail-quotas';
import { PasswordAttempts } from '../../storage/password-attempts';
import { PasswordResetLinks } from '../../storage/password-reset-links';

/** Deletes expired failures, links, changes of addresses and mail counts; attackers leave a row for every address they try. */
@Schedule('identity.forget-failed-attempts', {
  everySeconds: 60,
  formerly: ['identity.ForgetFailedAttempts'],
})
export class ForgetFailedAttempts implements Scheduled {
  constructor(
    private readonly changes: EmailChanges,
    private readonly codes: CodeFailures,
    private readonly links: PasswordResetLinks,
    private readonly quotas: MailQuotas,
    private readonly passwords: PasswordAttempts,
  ) {}

  async run(): Promise<void> {
    await this.changes.removeExpired();
    await this.codes.removeOld();
    await this.links.removeExpired();
    await this.passwords.removeOld();
    await this.quotas.removeOld();
  }
}
