import { Logger } from '@nestjs/common';
import { Clock, type EventOf } from '@rookery/domain';
import { defineMail, Mail } from '@rookery/mail';
import { type Attempt, type Handles, Queues, Snooze, Subscriber } from '@rookery/messaging';
import { Sql, Transaction } from '@rookery/persistence';
import { WebSettings } from '@rookery/web';
import { type Recipient, Recipients } from '../../../identity/contract';
import { Relations } from '../../../social/contract';
import { MemberInvited } from '../../contract';
import type { Invite } from '../../model/invite';
import { InviteSecrets } from '../../services/invite-secrets';
import { Invites } from '../../storage/invites';
import { Members } from '../../storage/members';

/** Milliseconds until a retry for an address that has reached its daily limit of mails. */
const PAUSE_MS = 3_600_000;

const inviteMail = defineMail<{ inviter: string; workspace: string; link: string }>('workspace-invite', {
  transactional: true,
  sample: {
    inviter: 'Ada Lovelace',
    workspace: 'Spring count',
    link: 'https://app.example.com/invites?token=…',
  },
  en: {
    subject: '{{inviter}} invites you to join "{{workspace}}"',
    body: [
      'Hello,',
      '{{inviter}} invites you to join the workspace “{{workspace}}”. The link works for 7 days, and only for the account with this e-mail address.',
      { label: 'Accept the invite', link: '{{link}}' },
      'If you do not want to join, ignore this mail.',
    ],
  },
  de: {
    subject: '{{inviter}} lädt Sie in „{{workspace}}“ ein',
    body: [
      'Guten Tag,',
      '{{inviter}} lädt Sie in den Arbeitsbereich „{{workspace}}“ ein. Der Link gilt 7 Tage, und nur für das Konto mit dieser E-Mail-Adresse.',
      { label: 'Einladung annehmen', link: '{{link}}' },
      'Wenn Sie das nicht möchten, ignorieren Sie diese Mail.',
    ],
  },
});

/**
 * Mails an invite with its link. No mail is sent if one of the two users has blocked the other. An address gets only a few
 * such mails a day. Further ones wait as long as their invites are open.
 */
@Subscriber('workspaces.send-invite-mail', MemberInvited, { queue: Queues.mail })
export class SendInviteMail implements Handles<typeof MemberInvited> {
  private readonly log = new Logger(SendInviteMail.name);

  constructor(
    private readonly clock: Clock,
    private readonly invites: Invites,
    private readonly mail: Mail,
    private readonly members: Members,
    private readonly recipients: Recipients,
    private readonly relations: Relations,
    private readonly secrets: InviteSecrets,
    private readonly settings: WebSettings,
    private readonly sql: Sql,
    private readonly transaction: Transaction,
  ) {}

  /** @throws Snooze while the address has reached its daily limit */
  async handle({ subject }: EventOf<typeof MemberInvited>, { key }: Attempt): Promise<void> {
    const invite = await this.invites.find({ id: subject });
    const names = invite?.isOpen(this.clock.now()) && (await this.namesOf(invite));
    if (!invite || !names)
      return this.log.log(
        `Not sent: invite ${subject} is closed, or its sender or workspace no longer exists.`,
      );
    const { email } = invite.snapshot();
    const recipient = await this.recipientOf(invite);
    const address = email ?? recipient?.email;
    if (address === undefined || !(await this.isWelcome(invite, recipient)))
      return this.log.log(
        `Not sent: the addressee of invite ${subject} no longer exists, was removed from the workspace, or one user has blocked the other.`,
      );
    const mark = this.secrets.markOf(address);
    if (!(await this.transaction.run(() => this.invites.admitMail(subject, mark))))
      throw new Snooze(PAUSE_MS);
    const link = `${this.settings.appUrl}/invites?token=${this.secrets.tokenOf(subject)}`;
    await this.mail.send(address, inviteMail, { ...names, link }, key, {
      ...(recipient && { language: recipient.language }),
    });
  }

  private async recipientOf(invite: Invite): Promise<Recipient | undefined> {
    const { userId, email } = invite.snapshot();
    return userId === null
      ? this.recipients.findByAddress(email!)
      : (await this.recipients.find([userId]))[0];
  }

  private async isWelcome(
    { invitedBy, workspaceId, createdAt }: Invite,
    recipient: Recipient | undefined,
  ): Promise<boolean> {
    if (!recipient) return true;
    if (await this.members.wasRemovedSince(workspaceId, recipient.id, createdAt)) return false;
    return (await this.relations.visibleTo(recipient.id, [invitedBy!])).has(invitedBy!);
  }

  /** @returns undefined unless both still exist */
  private namesOf(invite: Invite): Promise<{ inviter: string; workspace: string } | undefined> {
    return this.sql.row<{ inviter: string; workspace: string }>(
      `SELECT person.name AS inviter, room.name AS workspace
       FROM workspaces.workspaces room, workspaces.people person
       WHERE room.id = $1 AND person.id = $2 AND person.active`,
      [invite.workspaceId, invite.invitedBy],
    );
  }
}
