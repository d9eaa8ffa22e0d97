import { Body, Controller, Put } from '@nestjs/common';
import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { ApiTags } from '@nestjs/swagger';
import { Commands } from '@rookery/application';
import { Audited } from '@rookery/audit';
import { FieldError, Rejection, Rules } from '@rookery/domain';
import { type Caller, CurrentCaller, Explain, Field, Fresh, RateLimit, RatePolicies } from '@rookery/web';
import { PasswordProof } from '../../services/password-proof';
import { Passwords } from '../../services/passwords';
import { checkPassword, PASSWORD_LENGTH } from '../../model/password-policy';
import { AccountGone, Locked, PasswordWeak, PasswordWrong } from '../../model/rejections';
import { PasswordResetLinks } from '../../storage/password-reset-links';
import { Sessions } from '../../storage/sessions';
import { Users } from '../../storage/users';

class ChangePasswordRequest {
  @Field.text({ max: 128, description: 'Current password.' })
  currentPassword: string;

  @Field.text({
    ...PASSWORD_LENGTH,
    description: 'Must not be a common password.',
    example: 'correct horse battery',
  })
  password: string;
}

@Audited('identity.change-password')
export class ChangePassword extends Command<void> {
  constructor(
    readonly userId: string,
    /** The session that continues; null if the caller has none. */
    readonly sessionId: string | null,
    readonly currentPassword: string,
    readonly password: string,
  ) {
    super();
  }
}

@ApiTags('Account')
@Controller('me/password')
export class ChangePasswordRoute {
  constructor(private readonly commands: Commands) {}

  @Fresh()
  @RateLimit(RatePolicies.password)
  @Put()
  @Explain({
    operationId: 'changePassword',
    summary: 'Change your password',
    description:
      'Ends all other sessions and invalidates password reset links. API keys remain valid. A wrong current password counts as a failed sign-in.',
    ok: { status: 204 },
    rejects: [PasswordWrong, PasswordWeak, Locked],
  })
  change(
    @Body() { currentPassword, password }: ChangePasswordRequest,
    @CurrentCaller() { userId, sessionId }: Caller,
  ): Promise<void> {
    return this.commands.execute(new ChangePassword(userId, sessionId, currentPassword, password));
  }
}

@CommandHandler(ChangePassword)
export class ChangePasswordHandler implements ICommandHandler<ChangePassword> {
  constructor(
    private readonly links: PasswordResetLinks,
    private readonly passwords: Passwords,
    private readonly proof: PasswordProof,
    private readonly sessions: Sessions,
    private readonly users: Users,
  ) {}

  async execute({ userId, sessionId, currentPassword, password }: ChangePassword): Promise<void> {
    const own = await this.users.namesOf(userId);
    if (!own) throw new Rejection(AccountGone);
    checkPassword(password, own);
    const ip = sessionId === null ? undefined : await this.sessions.addressOf(sessionId);
    const proven = await this.proof.of(own.email, currentPassword, ip);
    if (!proven) throw wrong();
    const passwordHash = await this.passwords.hash(password);

    const user = await this.users.lockOwn(userId);
    // Of concurrent changes one wins: for the others, the password that they checked is no longer the current one.
    if (user.snapshot().passwordVersion !== proven.number) throw wrong();
    user.changePassword(passwordHash, sessionId);
    await this.users.save(user);
    await this.links.removeAll(userId);
    await this.sessions.revokeAll(userId, 'password-changed', sessionId);
  }
}

/** The request has two passwords; the wrong one is the current password. */
function wrong(): Rejection {
  const error = FieldError.of(Rules.wrong, 'currentPassword', {}, PasswordWrong.message);
  return new Rejection(PasswordWrong, { errors: [error] });
}
