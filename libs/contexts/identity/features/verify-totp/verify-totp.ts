import { Body, Controller, Post } from '@nestjs/common';
import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { ApiTags } from '@nestjs/swagger';
import { Commands } from '@rookery/application';
import { Audited } from '@rookery/audit';
import { Clock, Rejection } from '@rookery/domain';
import {
  type Caller,
  CurrentCaller,
  Explain,
  Field,
  Fresh,
  NeverStored,
  RateLimit,
  RatePolicies,
  SessionOnly,
} from '@rookery/web';
import { hashRecoveryCode, newRecoveryCodes, RecoveryCodes } from '../../services/recovery-codes';
import { Totp } from '../../services/totp';
import { CodeInvalid, TotpEnrolled, TotpNotInitiated } from '../../model/rejections';
import { SecondFactors } from '../../storage/second-factors';
import { Sessions } from '../../storage/sessions';
import { Users } from '../../storage/users';

class VerifyTotpRequest {
  @Field.text({
    min: 6,
    max: 6,
    pattern: /^\d{6}$/,
    description: 'The six-digit code from the authenticator app.',
    example: '042137',
  })
  code: string;
}

@Audited('identity.verify-totp')
export class VerifyTotp extends Command<RecoveryCodes> {
  constructor(
    readonly userId: string,
    readonly sessionId: string,
    readonly code: string,
  ) {
    super();
  }
}

@ApiTags('Second factor')
@Controller('auth/totp/verify')
export class VerifyTotpRoute {
  constructor(private readonly commands: Commands) {}

  @SessionOnly()
  @Fresh()
  @Post()
  @NeverStored()
  @RateLimit(RatePolicies.otp)
  @Explain({
    operationId: 'verifyTotp',
    summary: 'Enroll an authenticator app with its first code',
    description:
      'Afterwards, signing in requires a second factor. Other sessions no longer count as freshly authenticated. This session has proved the password and the first code, so it stays fresh for the rest of its 15 minutes.',
    ok: { type: RecoveryCodes },
    rejects: [TotpNotInitiated, TotpEnrolled, CodeInvalid],
  })
  verify(
    @Body() { code }: VerifyTotpRequest,
    @CurrentCaller() { userId, sessionId }: Caller,
  ): Promise<RecoveryCodes> {
    return this.commands.execute(new VerifyTotp(userId, sessionId!, code));
  }
}

@CommandHandler(VerifyTotp)
export class VerifyTotpHandler implements ICommandHandler<VerifyTotp> {
  constructor(
    private readonly clock: Clock,
    private readonly secondFactors: SecondFactors,
    private readonly sessions: Sessions,
    private readonly totp: Totp,
    private readonly users: Users,
  ) {}

  async execute({ userId, sessionId, code }: VerifyTotp): Promise<RecoveryCodes> {
    const user = await this.users.lockOwn(userId);
    const factor = await this.secondFactors.lock(userId);
    if (!factor) throw new Rejection(TotpNotInitiated);
    if (factor.enrolled) throw new Rejection(TotpEnrolled);
    const step = this.totp.stepOf(userId, factor, code);
    if (step === undefined) throw new Rejection(CodeInvalid);

    user.enableMfa(this.clock.now());
    await this.users.save(user);
    await this.secondFactors.enroll(userId);
    await this.secondFactors.succeed(userId, step);
    const recoveryCodes = newRecoveryCodes();
    await this.secondFactors.replaceRecoveryCodes(userId, recoveryCodes.map(hashRecoveryCode));

    await this.sessions.voidOtherProofs(userId, sessionId);
    return { recoveryCodes };
  }
}
