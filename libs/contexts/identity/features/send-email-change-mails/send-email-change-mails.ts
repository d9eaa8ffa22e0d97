import { Logger } from '@nestjs/common';
import type { EventOf } from '@rookery/domain';
import { defineMail } from '@rookery/mail';
import { type Attempt, type Handles, Queues, Subscriber } from '@rookery/messaging';
import { WebSettings } from '@rookery/web';
import { Addresses } from '../../services/addresses';
import { newAddressOf, VerificationCodes } from '../../services/verification-codes';
import { VerificationSecrets } from '../../services/verification-secrets';
import { mailedTime, UserMails } from '../../services/user-mails';
import { EmailChanged, EmailChangeRequested } from '../../events';
import { type EmailChange, EmailChanges } from '../../storage/email-changes';
import { MailQuotas } from '../../storage/mail-quotas';
import { Users } from '../../storage/users';

interface Named {
  name: string;
  username: string;
}

const NOTICE_SAMPLE = {
  name: 'Ada Lovelace',
  username: 'ada',
  link: 'https://rookery.test/undo-email-change?token=…',
  when: '2026-01-31 12:00 UTC',
};

const newAddressMail = defineMail<Named & { code: string }>('new-address', {
  transactional: true,
  sample: { name: 'Ada Lovelace', username: 'ada', code: '123456' },
  en: {
    subject: '{{code}} is your Rookery code',
    body: [
      'Hello {{name}},',
      'your code is {{code}}. It expires after 10 minutes.',
      { code: '{{code}}' },
      'It makes this the e-mail address of the account “{{username}}”. If you did not request it, ignore this mail: nothing changes without the code.',
    ],
  },
  de: {
    subject: '{{code}} ist Ihr Code für Rookery',
    body: [
      'Guten Tag, {{name}},',
      'Ihr Code ist {{code}}. Er gilt 10 Minuten.',
      { code: '{{code}}' },
      'Er macht dies zur E-Mail-Adresse des Kontos „{{username}}“. Wenn Sie das nicht wollten, ignorieren Sie diese Mail: Ohne den Code ändert sich nichts.',
    ],
  },
});

const addressTakenMail = defineMail<{ name: string }>('address-taken', {
  transactional: true,
  sample: { name: 'Ada Lovelace' },
  en: {
    subject: 'Your address already has a Rookery account',
    body: [
      'Hello {{name}},',
      'somebody, perhaps you, tried to make this the e-mail address of another account. It already has an account: yours. Nothing was changed.',
    ],
  },
  de: {
    subject: 'Ihre Adresse hat schon ein Konto bei Rookery',
    body: [
      'Guten Tag, {{name}},',
      'jemand, vielleicht Sie selbst, wollte dies zur E-Mail-Adresse eines anderen Kontos machen. Sie hat schon ein Konto: Ihres. Es wurde nichts geändert.',
    ],
  },
});

const changeRequestedMail = defineMail<Named & { link: string; when: string }>('address-change-requested', {
  transactional: true,
  sample: NOTICE_SAMPLE,
  en: {
    subject: 'Somebody wants to change the e-mail address of your Rookery account',
    body: [
      'Hello {{name}},',
      'on {{when}} a different e-mail address was requested for the account “{{username}}”. It changes when the new address is verified.',
      'If it was you, you do not have to do anything. If it was not, somebody else uses your account. Open this link within 3 days to keep your address and to sign out everybody:',
      { label: 'Keep my address', link: '{{link}}' },
    ],
  },
  de: {
    subject: 'Jemand will die E-Mail-Adresse Ihres Kontos bei Rookery ändern',
    body: [
      'Guten Tag, {{name}},',
      'am {{when}} wurde für das Konto „{{username}}“ eine andere E-Mail-Adresse angefordert. Sie ändert sich, sobald die neue Adresse bestätigt ist.',
      'Wenn Sie es waren, müssen Sie nichts tun. Wenn nicht, benutzt jemand anders Ihr Konto. Öffnen Sie binnen 3 Tagen diesen Link, um Ihre Adresse zu behalten und alle abzumelden:',
      { label: 'Adresse behalten', link: '{{link}}' },
    ],
  },
});

const addressChangedMail = defineMail<Named & { link: string; when: string }>('address-changed', {
  transactional: true,
  sample: NOTICE_SAMPLE,
  en: {
    subject: 'The e-mail address of your Rookery account was changed',
    body: [
      'Hello {{name}},',
      'on {{when}} the account “{{username}}” got a different e-mail address. This one no longer signs in.',
      'If it was you, you do not have to do anything. If it was not, somebody else uses your account. Open this link within 3 days to get your address back and to sign out everybody:',
      { label: 'Get my address back', link: '{{link}}' },
    ],
  },
  de: {
    subject: 'Die E-Mail-Adresse Ihres Kontos bei Rookery wurde geändert',
    body: [
      'Guten Tag, {{name}},',
      'am {{when}} hat das Konto „{{username}}“ eine andere E-Mail-Adresse bekommen. Mit dieser kann man sich nicht mehr anmelden.',
      'Wenn Sie es waren, müssen Sie nichts tun. Wenn nicht, benutzt jemand anders Ihr Konto. Öffnen Sie binnen 3 Tagen diesen Link, um Ihre Adresse zurückzuholen und alle abzumelden:',
      { label: 'Adresse zurückholen', link: '{{link}}' },
    ],
  },
});

/** Sends the code to a new address; if it has an account, notifies its owner instead. */
@Subscriber('identity.send-new-address-mail', EmailChangeRequested, { queue: Queues.mail })
export class SendNewAddressMail implements Handles<typeof EmailChangeRequested> {
  private readonly log = new Logger(SendNewAddressMail.name);

  constructor(
    private readonly addresses: Addresses,
    private readonly changes: EmailChanges,
    private readonly codes: VerificationCodes,
    private readonly mails: UserMails,
    private readonly quotas: MailQuotas,
    private readonly secrets: VerificationSecrets,
    private readonly users: Users,
  ) {}

  async handle(
    { subject, data: { changeId } }: EventOf<typeof EmailChangeRequested>,
    { key }: Attempt,
  ): Promise<void> {
    const change = await this.changes.findPending(subject);
    if (change?.id !== changeId)
      return this.log.log(`Not sent: a later change of user ${subject} replaced this one, or it is done.`);
    await this.quotas.admit(change.newEmail, 'email-change', key, false);
    await this.quotas.admit(subject, 'email-change-of-account', `${key} of account`, false);
    const user = await this.users.find({ id: subject });
    if (!user?.active) return;
    if (await this.addresses.isTaken(change.newEmail, subject)) return this.notifyOwner(change, key);
    const { name, username } = user.snapshot();
    const code = this.secrets.code(changeId);
    await this.codes.issue(newAddressOf(subject), changeId, code);
    await this.mails.send(subject, change.newEmail, newAddressMail, { name, username, code }, key);
  }

  private async notifyOwner({ newEmail }: EmailChange, key: string): Promise<void> {
    const owner = await this.users.find({ email: newEmail });
    if (!owner?.active) return;
    const { id, name } = owner.snapshot();
    await this.mails.send(id, newEmail, addressTakenMail, { name }, key);
  }
}

/**
 * Notifies the old address, with the link that undoes the change. The mail about a request can be delayed by limits.
 * The mail about a change never is, so that an attacker cannot use up the limit before. The new address is not in the
 * mail, because readers of the old mailbox do not need it.
 */
@Subscriber('identity.send-email-change-notice', [EmailChangeRequested, EmailChanged], { queue: Queues.mail })
export class SendEmailChangeNotice implements Handles<typeof EmailChangeRequested | typeof EmailChanged> {
  constructor(
    private readonly changes: EmailChanges,
    private readonly mails: UserMails,
    private readonly quotas: MailQuotas,
    private readonly secrets: VerificationSecrets,
    private readonly settings: WebSettings,
    private readonly users: Users,
  ) {}

  async handle(
    {
      type,
      subject,
      occurredAt,
      data: { changeId },
    }: EventOf<typeof EmailChangeRequested | typeof EmailChanged>,
    { key }: Attempt,
  ): Promise<void> {
    const changed = type === EmailChanged.type;
    const change = await this.changes.find(changeId);
    const user = await this.users.find({ id: subject });
    // A change that took effect while its request waited has a mail of its own.
    if (!change || !user || changed !== (change.verifiedAt !== null)) return;
    await this.quotas.admit(change.oldEmail, 'email-change-notice', key, changed);
    const { name, username } = user.snapshot();
    // Not a page of the app, because the page of the API always exists.
    const link = `${this.settings.publicUrl}/undo-email-change?token=${this.secrets.undoToken(changeId)}`;
    const when = mailedTime(occurredAt);
    const template = changed ? addressChangedMail : changeRequestedMail;
    await this.mails.send(subject, change.oldEmail, template, { name, username, link, when }, key);
  }
}
