import { Logger } from '@nestjs/common';
import type { EventOf } from '@rookery/domain';
import { defineMail, Mail } from '@rookery/mail';
import { type Attempt, type Handles, Queues, Subscriber } from '@rookery/messaging';
import { WebSettings } from '@rookery/web';
import { Addresses } from '../../services/addresses';
import { newAddressOf, VerificationCodes } from '../../services/verification-codes';
import { VerificationSecrets } from '../../services/verification-secrets';
import { EmailChanged, EmailChangeRequested } from '../../events';
import { type EmailChange, EmailChanges } from '../../storage/email-changes';
import { MailQuotas } from '../../storage/mail-quotas';
import { Users } from '../../storage/users';

interface Named {
  name: string;
  username: string;
}

const newAddressMail = defineMail<Named & { code: string }>({
  subject: '{{code}} is your Rookery code',
  text: `Hello {{name}},

your code is {{code}}. It expires after 10 minutes.

It makes this the e-mail address of the account "{{username}}". If you did not request it, ignore this mail: nothing changes without the code.
`,
  html: `<p>Hello {{name}},</p>
<p>your code is</p>
<p style="font-size:32px;letter-spacing:6px;font-weight:bold">{{code}}</p>
<p>It expires after 10 minutes. It makes this the e-mail address of the account “{{username}}”. If you did not request it, ignore this mail: nothing changes without the code.</p>`,
});

const addressTakenMail = defineMail<{ name: string }>({
  subject: 'Your address already has a Rookery account',
  text: `Hello {{name}},

somebody, perhaps you, tried to make this the e-mail address of another account. It already has an account: yours. Nothing was changed.
`,
  html: `<p>Hello {{name}},</p>
<p>somebody, perhaps you, tried to make this the e-mail address of another account. It already has an account: yours. Nothing was changed.</p>`,
});

const changeRequestedMail = defineMail<Named & { link: string; when: string }>({
  subject: 'Somebody wants to change the e-mail address of your Rookery account',
  text: `Hello {{name}},

on {{when}} a different e-mail address was requested for the account "{{username}}". It changes when the new address is verified.

If it was you, you do not have to do anything. If it was not, somebody else uses your account. Open this link within 3 days to keep your address and to sign out everybody:
{{link}}
`,
  html: `<p>Hello {{name}},</p>
<p>on {{when}} a different e-mail address was requested for the account “{{username}}”. It changes when the new address is verified.</p>
<p>If it was you, you do not have to do anything. If it was not, somebody else uses your account. <a href="{{link}}">Open this link</a> within 3 days to keep your address and to sign out everybody.</p>`,
});

const addressChangedMail = defineMail<Named & { link: string; when: string }>({
  subject: 'The e-mail address of your Rookery account was changed',
  text: `Hello {{name}},

on {{when}} the account "{{username}}" got a different e-mail address. This one no longer signs in.

If it was you, you do not have to do anything. If it was not, somebody else uses your account. Open this link within 3 days to get your address back and to sign out everybody:
{{link}}
`,
  html: `<p>Hello {{name}},</p>
<p>on {{when}} the account “{{username}}” got a different e-mail address. This one no longer signs in.</p>
<p>If it was you, you do not have to do anything. If it was not, somebody else uses your account. <a href="{{link}}">Open this link</a> within 3 days to get your address back and to sign out everybody.</p>`,
});

/** Sends the code to a new address; if it has an account, notifies its owner instead. */
@Subscriber('identity.send-new-address-mail', EmailChangeRequested, { queue: Queues.mail })
export class SendNewAddressMail implements Handles<typeof EmailChangeRequested> {
  private readonly log = new Logger(SendNewAddressMail.name);

  constructor(
    private readonly addresses: Addresses,
    private readonly changes: EmailChanges,
    private readonly codes: VerificationCodes,
    private readonly mail: Mail,
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
    await this.mail.send(change.newEmail, newAddressMail, { name, username, code }, key);
  }

  private async notifyOwner({ newEmail }: EmailChange, key: string): Promise<void> {
    const owner = await this.users.find({ email: newEmail });
    if (owner?.active) await this.mail.send(newEmail, addressTakenMail, { name: owner.snapshot().name }, key);
  }
}

/**
 * Tells the old address, with the link that undoes the change. The mail about a request may have to wait; the one about
 * a change never does, so that nobody can use up the mails before a theft. The new address is not named: whoever reads
 * the old mailbox need not know it.
 */
@Subscriber('identity.send-email-change-notice', [EmailChangeRequested, EmailChanged], { queue: Queues.mail })
export class SendEmailChangeNotice implements Handles<typeof EmailChangeRequested | typeof EmailChanged> {
  constructor(
    private readonly changes: EmailChanges,
    private readonly mail: Mail,
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
    // Not an app's own page: ours is there for sure.
    const link = `${this.settings.publicUrl}/undo-email-change?token=${this.secrets.undoToken(changeId)}`;
    const when = `${occurredAt.slice(0, 16).replace('T', ' ')} UTC`;
    const template = changed ? addressChangedMail : changeRequestedMail;
    await this.mail.send(change.oldEmail, template, { name, username, link, when }, key);
  }
}
