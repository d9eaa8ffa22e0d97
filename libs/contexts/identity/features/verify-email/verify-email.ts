import { Body, Controller, Headers, Ip, Post, Req, Res } from '@nestjs/common';
import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { ApiTags } from '@nestjs/swagger';
import { Commands } from '@rookery/application';
import { Audited } from '@rookery/audit';
import { Clock, Rejection } from '@rookery/domain';
import { Explain, Field, NeverStored, Public, RateLimit, RatePolicies } from '@rookery/web';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { BrowserSessions, COOKIE_HEADER, TOKEN_DELIVERIES } from '../../services/browser-sessions';
import { Registrations } from '../../services/registrations';
import { BrowserTokens, type IssuedTokens, MfaChallenge, SignIn, Tokens } from '../../services/sign-in';
import { VerificationCodes } from '../../services/verification-codes';
import { CodeExpired, CodeInvalid, OriginNotAllowed } from '../../model/rejections';
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

  @Field.oneOf(TOKEN_DELIVERIES, {
    name: 'TokenDelivery',
    default: 'body',
    description: 'Where to return the refresh token, as for POST /v1/auth/login.',
  })
  tokenDelivery = 'body';
}

const PASSWORD_RESET_TOKEN = {
  max: 100,
  optional: true,
  description:
    'Present only if the account has no password yet, because its address was registered with several. Works once with POST /v1/auth/password/reset, for an hour. The same token is mailed as a link.',
};

/** Tokens of a user who has just verified the address. */
class VerifiedTokens extends Tokens {
  @Field.text(PASSWORD_RESET_TOKEN)
  passwordResetToken?: string;
}

/** The same for a browser. */
class VerifiedBrowserTokens extends BrowserTokens {
  @Field.text(PASSWORD_RESET_TOKEN)
  passwordResetToken?: string;
}

/** Verifies an address, and signs its owner in or requires the second factor. */
interface Verified {
  begun: IssuedTokens | MfaChallenge;
  passwordResetToken?: string | undefined;
}

@Audited('identity.verify-email')
export class VerifyEmail extends Command<Verified> {
  constructor(
    readonly email: string,
    readonly code: string,
    readonly client: Client,
    readonly inCookie: boolean,
  ) {
    super();
  }
}

@ApiTags('Auth')
@Controller('auth/verify')
export class VerifyEmailRoute {
  constructor(
    private readonly browsers: BrowserSessions,
    private readonly commands: Commands,
  ) {}

  @RateLimit(RatePolicies.otp)
  @NeverStored()
  @Public()
  @Post()
  @Explain({
    operationId: 'verifyEmail',
    summary: 'Verify an e-mail address with the code',
    description:
      'Activates the account and signs in. The code expires after 10 minutes. After five wrong attempts no code is accepted until you call POST /v1/auth/verify/resend. An unknown address gets the same response as an address that waits for its code.\n\nIf the address was registered with several passwords, it is not known which one is from its owner, so none of them is used, and the response has a `passwordResetToken`. Ask the user for a new password, send both to POST /v1/auth/password/reset, and sign in with the new password.',
    ok: { type: [VerifiedTokens, VerifiedBrowserTokens, MfaChallenge], headers: COOKIE_HEADER },
    rejects: [CodeInvalid, CodeExpired, OriginNotAllowed],
  })
  async verify(
    @Body() { email, code, tokenDelivery }: VerifyEmailRequest,
    @Ip() ip: string,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
    @Headers('user-agent') userAgent = '',
  ): Promise<VerifiedTokens | VerifiedBrowserTokens | MfaChallenge> {
    const inCookie = tokenDelivery === 'cookie';
    if (inCookie) this.browsers.assertTrusted(request);
    const { begun, passwordResetToken } = await this.commands.execute(
      new VerifyEmail(email, code, { ip, userAgent }, inCookie),
    );
    const body = 'answer' in begun ? this.browsers.deliver(reply, begun) : begun;
    return passwordResetToken === undefined ? body : Object.assign(body, { passwordResetToken });
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

  async execute({ email, code, client, inCookie }: VerifyEmail): Promise<Verified> {
    const verificationId = await this.codes.redeem(email, code);
    await this.users.lockAddress(email);
    const user = await this.users.find({ email });
    // The address can have been registered again while its mail was in transit.
    if (!user?.isConfirmedBy(verificationId)) throw new Rejection(CodeExpired);
    const passwordResetToken = await this.registrations.verify(user, this.clock.now());
    return { begun: await this.signIn.begin(user, client, inCookie), passwordResetToken };
  }
}
