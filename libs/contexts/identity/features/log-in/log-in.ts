import { Body, Controller, Headers, Ip, Post, Req, Res } from '@nestjs/common';
import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { ApiTags } from '@nestjs/swagger';
import { Commands } from '@rookery/application';
import { Audited } from '@rookery/audit';
import { Rejection, type RejectionDefinition } from '@rookery/domain';
import { Explain, Field, NeverStored, Public, RateLimit, RatePolicies } from '@rookery/web';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { BrowserSessions, COOKIE_HEADER, TOKEN_DELIVERIES } from '../../services/browser-sessions';
import { StoredKnownClients } from '../../services/known-clients';
import { PasswordProof } from '../../services/password-proof';
import { BrowserTokens, type IssuedTokens, MfaChallenge, SignIn, Tokens } from '../../services/sign-in';
import { BadCredentials, EmailUnverified, Locked, OriginNotAllowed } from '../../model/rejections';
import type { Client } from '../../storage/sessions';
import { Users } from '../../storage/users';

class LoginRequest {
  @Field.email({ description: 'E-mail address.', example: 'user@rookery.test' })
  email: string;

  @Field.text({ max: 128, description: 'Password.', example: 'Rookery-demo-1' })
  password: string;

  @Field.text({
    max: 400,
    optional: true,
    description:
      'An earlier refresh token of this device for the account, even if its session has ended. With it, the device has its own limit of attempts, which unknown clients cannot use up.',
  })
  deviceToken?: string;

  @Field.oneOf(TOKEN_DELIVERIES, {
    name: 'TokenDelivery',
    default: 'body',
    description:
      'Where to return the refresh token: in the body or, for browsers, in a cookie that scripts cannot read. Also applies after a second factor.',
  })
  tokenDelivery = 'body';
}

@Audited<LogIn>('identity.log-in', {
  subject: (_, tokens) => (tokens && 'answer' in tokens ? tokens.answer.user.id : undefined),
})
export class LogIn extends Command<IssuedTokens | MfaChallenge> {
  constructor(
    readonly email: string,
    readonly password: string,
    readonly client: Client,
    readonly inCookie: boolean,
    readonly deviceToken?: string,
  ) {
    super();
  }
}

@ApiTags('Auth')
@Controller('auth/login')
export class LogInRoute {
  constructor(
    private readonly browsers: BrowserSessions,
    private readonly clients: StoredKnownClients,
    private readonly commands: Commands,
  ) {}

  @RateLimit(RatePolicies.login)
  @NeverStored()
  @Public()
  @Post()
  @Explain({
    operationId: 'login',
    summary: 'Sign in',
    description:
      'Ten wrong passwords within 15 minutes lock an address for 15 minutes, whether it has an account or not. Devices and networks from which somebody has already signed in to the account have their own lock and rate limit, so unknown clients can lock out only each other. The password of an unverified registration gets `identity.email-unverified`, whether or not the address also has an account.\n\nWith `tokenDelivery: "cookie"` the refresh token is returned in a cookie instead of the body, and the response has a `csrfToken`. The `Origin` of the request must then be the API’s own or in `CORS_ORIGINS`, and pages of other origins must send the request with credentials. See docs/guides/browser.md.',
    ok: { type: [Tokens, BrowserTokens, MfaChallenge], headers: COOKIE_HEADER },
    rejects: [BadCredentials, EmailUnverified, Locked, OriginNotAllowed],
  })
  async logIn(
    @Body() { email, password, deviceToken, tokenDelivery }: LoginRequest,
    @Ip() ip: string,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
    @Headers('user-agent') userAgent = '',
  ): Promise<Tokens | BrowserTokens | MfaChallenge> {
    const inCookie = tokenDelivery === 'cookie';
    if (inCookie) this.browsers.assertTrusted(request);
    // The page cannot read the cookie with the token that identifies the device.
    const device = deviceToken ?? this.clients.deviceTokenOf(request);
    const begun = await this.commands.execute(
      new LogIn(email, password, { ip, userAgent }, inCookie, device),
    );
    return 'answer' in begun ? this.browsers.deliver(reply, begun) : begun;
  }
}

@CommandHandler(LogIn)
export class LogInHandler implements ICommandHandler<LogIn> {
  constructor(
    private readonly proof: PasswordProof,
    private readonly signIn: SignIn,
    private readonly users: Users,
  ) {}

  async execute({ email, password, client, inCookie, deviceToken }: LogIn) {
    const proven = await this.proof.ofAnybody(email, password, { ip: client.ip, deviceToken });
    if (proven === 'unverified') throw await this.refused(EmailUnverified, email);
    if (!proven) throw await this.refused(BadCredentials, email);
    // Held: otherwise a concurrent password change could leave this session behind. Read behind it, in one round trip.
    const [held, user] = await Promise.all([
      this.users.holdPassword(proven),
      this.users.find({ id: proven.userId }),
    ]);
    if (!held || !user) throw await this.refused(BadCredentials, email);
    if (!user.active) throw new Rejection(BadCredentials, { subject: user.id });
    return this.signIn.begin(user, client, inCookie);
  }

  /** The account is looked up for the audit log, whether it exists or not, so that both take the same time. */
  private async refused(definition: RejectionDefinition, email: string): Promise<Rejection> {
    const { userId: subject } = await this.users.passwordsOf(email);
    return new Rejection(definition, { subject });
  }
}
