import { Schedule, type Scheduled } from '@rookery/messaging';
import { CodeFailures } from '../../storage/code-failures';
import { EmailChanges } from '../../storage/email-changes';
import { MailQuotas } from '../../storage/mail-quotas';
import { PasswordAttempts } from '../../storage/password-attempts';
import { PasswordResetLinks } from '../../storage/password-reset-links';

/** Rows of a table that are deleted in one transaction. */
const BATCH_SIZE = 5_000;

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

  async run(): Promise<boolean> {
    const removed = [
      await this.changes.removeExpired(BATCH_SIZE),
      await this.codes.removeOld(BATCH_SIZE),
      await this.links.removeExpired(BATCH_SIZE),
      await this.passwords.removeOld(BATCH_SIZE),
      await this.quotas.removeOld(BATCH_SIZE),
    ];
    return removed.includes(BATCH_SIZE);
  }
}
