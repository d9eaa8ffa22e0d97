import { Body, Controller, Get, Post, Res } from '@nestjs/common';
import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { ApiExcludeController, ApiTags } from '@nestjs/swagger';
import { Commands } from '@rookery/application';
import { Audited } from '@rookery/audit';
import { Clock, Rejection } from '@rookery/domain';
import { Explain, Field, Public, RateLimit, RatePolicies, sendPage } from '@rookery/web';
import type { FastifyReply } from 'fastify';
import { ApiKeys } from '../../services/api-keys';
import { PasswordProof } from '../../services/password-proof';
import { Passwords } from '../../services/passwords';
import { checkPassword, PASSWORD_LENGTH } from '../../model/password-policy';
import { LinkExpired, PasswordWeak } from '../../model/rejections';
import { PasswordResetLinks } from '../../storage/password-reset-links';
import { Sessions } from '../../storage/sessions';
import { Users } from '../../storage/users';
import { PAGE } from './reset-password-page';

class ResetPasswordRequest {
  @Field.text({ max: 100, description: 'The token from the link.' })
  token: string;

  @Field.text({
    ...PASSWORD_LENGTH,
    description: 'Must not be a common password.',
    example: 'correct horse battery',
  })
  password: string;
}

@Audited('identity.reset-password')
export class ResetPassword extends Command<void> {
  constructor(
    readonly token: string,
    readonly password: string,
  ) {
    super();
  }
}

@ApiTags('Auth')
@Controller('auth/password/reset')
export class ResetPasswordRoute {
  constructor(private readonly commands: Commands) {}

  @Public()
  @Post()
  @RateLimit(RatePolicies.password)
  @Explain({
    operationId: 'resetPassword',
    summary: 'Reset the password with the token from the link',
    description:
      'The token works once, for an hour. Ends all sessions, revokes all API keys, removes a lock, and verifies the e-mail address if it is not verified yet, because the link proves access to its mailbox.',
    ok: { status: 204 },
    rejects: [LinkExpired, PasswordWeak],
  })
  reset(@Body() { token, password }: ResetPasswordRequest): Promise<void> {
    return this.commands.execute(new ResetPassword(token, password));
  }
}

/**
 * The page that the link in the mail opens: mail scanners follow links, but fill in no forms. Older mails have the
 * longer path.
 */
@ApiExcludeController()
@Controller(['reset', 'reset-password'])
export class ResetPasswordPage {
  @Public()
  @Get()
  page(@Res() reply: FastifyReply): void {
    void reply.header('referrer-policy', 'no-referrer');
    sendPage(reply, PAGE);
  }
}

@CommandHandler(ResetPassword)
export class ResetPasswordHandler implements ICommandHandler<ResetPassword> {
  constructor(
    private readonly apiKeys: ApiKeys,
    private readonly clock: Clock,
    private readonly links: PasswordResetLinks,
    private readonly passwords: Passwords,
    private readonly proof: PasswordProof,
    private readonly sessions: Sessions,
    private readonly users: Users,
  ) {}

  async execute({ token, password }: ResetPassword): Promise<void> {
    const link = await this.links.find(token);
    if (!link) throw new Rejection(LinkExpired);
    checkPassword(password, link);
    const passwordHash = await this.passwords.hash(password);

    await this.users.lockAddress(link.email);
    // The account before its links, in the same order as adding one: otherwise concurrent uses of two links would
    // deadlock.
    await this.users.lock(link.userId);
    if (!(await this.links.take(token))) throw new Rejection(LinkExpired);
    const user = await this.users.get(link.userId);
    user.resetPassword(passwordHash, this.clock.now());
    await this.users.save(user);
    await this.links.removeAll(user.id);
    await this.sessions.revokeAll(user.id, 'password-changed');
    await this.apiKeys.revokeAll(user.id);
    await this.proof.forgive(link.email);
  }
}
