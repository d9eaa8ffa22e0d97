import { Body, Controller, Headers, Ip, Post } from '@nestjs/common';
import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { ApiTags } from '@nestjs/swagger';
import { Commands } from '@rookery/application';
import { Audited } from '@rookery/audit';
import { Clock, Rejection } from '@rookery/domain';
import { Explain, Field, NeverStored, Public, RateLimit, RatePolicies } from '@rookery/web';
import { Registrations } from '../../services/registrations';
import { MfaChallenge, SignIn, Tokens } from '../../services/sign-in';
import { VerificationCodes } from '../../services/verification-codes';
import { CodeExpired, CodeInvalid } from '../../model/rejections';
import type { Client } from '../../storage/sessions';
import { Users } from '../../storage/users';

class VerifyEmailRequest {
  @Field.email({ description: 'E-mail address that the code was sent to.', example: 'ada@example.com' })
  email: string;

  @Field.text({
    min: 6,
    max: 6,
    pattern: /^\d{6}$/,
    description: 'The six digits from the mail.',
    example: '042137',
  })
  code: string;
}

/** Tokens of a user who has just verified the address. */
class VerifiedTokens extends Tokens {
  @Field.text({
    max: 100,
    optional: true,
    description:
      'Present only if the account has no password yet, because its address was registered with several. Works once with POST /v1/auth/password/reset, for an hour. The same token is mailed as a link.',
  })
  passwordResetToken?: string;
}

@Audited('identity.verify-email')
export class VerifyEmail extends Command<VerifiedTokens | MfaChallenge> {
  constructor(
    readonly email: string,
    readonly code: string,
    readonly client: Client,
  ) {
    super();
  }
}

@ApiTags('Auth')
@Controller('auth/verify')
export class VerifyEmailRoute {
  constructor(private readonly commands: Commands) {}

  @RateLimit(RatePolicies.otp)
  @NeverStored()
  @Public()
  @Post()
  @Explain({
    operationId: 'verifyEmail',
    summary: 'Verify an e-mail address with the code',
    description:
      'Activates the account and signs in. The code expires after five wrong attempts or 10 minutes. An unknown address gets the same response as one that waits for its code.\n\nIf the address was registered with several passwords, nobody knows which one its owner typed, so none of them counts: the response has a `passwordResetToken`. Ask for a new password, send both to POST /v1/auth/password/reset, and sign in with it.',
    ok: { type: [VerifiedTokens, MfaChallenge] },
    rejects: [CodeInvalid, CodeExpired],
  })
  verify(
    @Body() { email, code }: VerifyEmailRequest,
    @Ip() ip: string,
    @Headers('user-agent') userAgent = '',
  ): Promise<VerifiedTokens | MfaChallenge> {
    return this.commands.execute(new VerifyEmail(email, code, { ip, userAgent }));
  }
}

@CommandHandler(VerifyEmail)
export class VerifyEmailHandler implements ICommandHandler<VerifyEmail> {
  constructor(
    private readonly clock: Clock,
    private readonly codes: VerificationCodes,
    private readonly registrations: Registrations,
    private readonly signIn: SignIn,
    private readonly users: Users,
  ) {}

  async execute({ email, code, client }: VerifyEmail): Promise<VerifiedTokens | MfaChallenge> {
    const verificationId = await this.codes.redeem(email, code);
    await this.users.lockAddress(email);
    const user = await this.users.find({ email });
    // The address may have been registered again while its mail was in transit.
    if (!user?.isConfirmedBy(verificationId)) throw new Rejection(CodeExpired);
    const passwordResetToken = await this.registrations.verify(user, this.clock.now());
    const signedIn: VerifiedTokens | MfaChallenge = await this.signIn.begin(user, client);
    return passwordResetToken === undefined ? signedIn : Object.assign(signedIn, { passwordResetToken });
  }
}
