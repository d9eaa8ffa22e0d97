import { Body, Controller, Get, Post, Res } from '@nestjs/common';
import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { ApiExcludeController, ApiTags } from '@nestjs/swagger';
import { Commands } from '@rookery/application';
import { Audited } from '@rookery/audit';
import { Clock, NotFound, Rejection } from '@rookery/domain';
import { Explain, Field, Public, RateLimit, RatePolicies, sendPage } from '@rookery/web';
import type { FastifyReply } from 'fastify';
import { Addresses } from '../../services/addresses';
import { ApiKeys } from '../../services/api-keys';
import { PasswordProof } from '../../services/password-proof';
import { PasswordResets } from '../../services/password-resets';
import { LinkExpired } from '../../model/rejections';
import { type EmailChange, EmailChanges, UNDO_DAYS } from '../../storage/email-changes';
import { PasswordResetLinks } from '../../storage/password-reset-links';
import { SecondFactors } from '../../storage/second-factors';
import { Sessions } from '../../storage/sessions';
import { Users } from '../../storage/users';
import { PAGE } from './undo-email-change-page';

class EmailChangeUndo {
  @Field.text({ max: 100, description: 'The token from the link.' })
  token: string;
}

@Audited<UndoEmailChange>('identity.undo-email-change', { subject: (_, userId) => userId })
export class UndoEmailChange extends Command<string> {
  constructor(readonly token: string) {
    super();
  }
}

@ApiTags('Auth')
@Controller('auth/email/undo')
export class UndoEmailChangeRoute {
  constructor(private readonly commands: Commands) {}

  @Public()
  @Post()
  @RateLimit(RatePolicies.password)
  @Explain({
    operationId: 'undoEmailChange',
    summary: 'Undo a change of an e-mail address with the token from the link',
    description:
      'The link in the mail to the old address opens a page whose button calls this route. The token works once, for 3 days after the change was requested and again for 3 days after it took effect. Restores the old address and cancels all later changes. Because somebody else has used the account, all sessions end, all API keys are revoked, the password becomes invalid, and a second factor that was enrolled later than 3 days before the request is removed. A mail with a link to choose a new password is sent.',
    ok: { status: 204 },
    rejects: [NotFound, LinkExpired],
  })
  async undo(@Body() { token }: EmailChangeUndo): Promise<void> {
    await this.commands.execute(new UndoEmailChange(token));
  }
}

/** The page that the link in the mail opens: mail scanners follow links, but press no buttons. */
@ApiExcludeController()
@Controller('undo-email-change')
export class UndoEmailChangePage {
  @Public()
  @Get()
  page(@Res() reply: FastifyReply): void {
    void reply.header('referrer-policy', 'no-referrer');
    sendPage(reply, PAGE);
  }
}

@CommandHandler(UndoEmailChange)
export class UndoEmailChangeHandler implements ICommandHandler<UndoEmailChange> {
  constructor(
    private readonly addresses: Addresses,
    private readonly apiKeys: ApiKeys,
    private readonly changes: EmailChanges,
    private readonly clock: Clock,
    private readonly links: PasswordResetLinks,
    private readonly proof: PasswordProof,
    private readonly resets: PasswordResets,
    private readonly secondFactors: SecondFactors,
    private readonly sessions: Sessions,
    private readonly users: Users,
  ) {}

  /** @returns the user */
  async execute({ token }: UndoEmailChange): Promise<string> {
    const found = await this.changes.findUndoable(token);
    if (!found) throw new Rejection((await this.changes.isKnown(token)) ? LinkExpired : NotFound);
    const { oldEmail, userId } = found;
    // The address before the account, in the same order as everywhere.
    await this.users.lockAddress(oldEmail);
    await this.users.lock(userId);
    const change = await this.changes.findUndoable(token);
    const user = await this.users.get(userId);
    if (!change || user.deleted) throw new Rejection(LinkExpired, { subject: userId });
    // Nobody else can get the address while the link is valid; a pending registration of it is canceled.
    if (!(await this.addresses.claim(oldEmail, userId, 'verified-by-another-account')))
      throw new Rejection(LinkExpired, { subject: userId });

    await this.changes.voidSince(change);
    if (user.undoEmailChange(oldEmail, change.id, doubtedSince(change)))
      await this.secondFactors.remove(userId);
    await this.links.removeAll(userId);
    await this.sessions.revokeAll(userId, 'password-changed');
    await this.apiKeys.revokeAll(userId);
    await this.resets.begin(user, this.clock.now());
    await this.proof.forgive(oldEmail);
    return userId;
  }
}

/**
 * The attacker can have enrolled a second factor before the change, so one from the last days before the request is
 * removed, too. The owner was notified of it by mail, and gets as much time to notice it as to undo the change.
 */
function doubtedSince({ requestedAt }: EmailChange): Date {
  return new Date(requestedAt.getTime() - UNDO_DAYS * 86_400_000);
}
