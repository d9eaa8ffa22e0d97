import { Body, Controller, Headers, Ip, Post, Req, Res } from '@nestjs/common';
import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { ApiTags } from '@nestjs/swagger';
import { Commands } from '@rookery/application';
import { Audited } from '@rookery/audit';
import { Rejection } from '@rookery/domain';
import {
  ExactlyOneOf,
  Explain,
  Field,
  NeverStored,
  Public,
  RateLimit,
  RatePolicies,
  RequestRefused,
  withStatus,
} from '@rookery/web';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { BrowserSessions, COOKIE_HEADER } from '../../services/browser-sessions';
import { MfaTokens } from '../../services/mfa-tokens';
import { SecondFactorProof, type ProofOutcome, Reauthentication } from '../../services/reauthentication';
import { BrowserTokens, type IssuedTokens, SignIn, Tokens } from '../../services/sign-in';
import { CodeInvalid, CodeLocked, OriginNotAllowed } from '../../model/rejections';
import type { Client } from '../../storage/sessions';
import { Users } from '../../storage/users';

/** Here a wrong code is a failed sign-in. */
const SignInCodeInvalid = withStatus(CodeInvalid, 401);

@ExactlyOneOf('code', 'recoveryCode')
class CompleteMfaRequest extends SecondFactorProof {
  @Field.text({ max: 4_000, description: 'From the response of POST /v1/auth/login.' })
  mfaToken: string;
}

/** Why the sign-in failed. */
interface Refused {
  refused: Exclude<ProofOutcome, 'proved'> | 'token-void';
  /** The user; absent if the token is invalid. */
  userId?: string;
}

/** Returns a failure instead of throwing: a rejection would roll back the count. */
@Audited<CompleteMfa>('identity.complete-mfa', {
  subject: (_, outcome) => (outcome && 'refused' in outcome ? outcome.userId : outcome?.answer.user.id),
  refusal: (outcome) => {
    if (!('refused' in outcome)) return undefined;
    return outcome.refused === 'locked' ? CodeLocked.code : CodeInvalid.code;
  },
})
export class CompleteMfa extends Command<IssuedTokens | Refused> {
  constructor(
    readonly mfaToken: string,
    readonly proof: SecondFactorProof,
    readonly client: Client,
    /** Whether the request comes from a page that can get a cookie. */
    readonly trusted: boolean,
  ) {
    super();
  }
}

@ApiTags('Second factor')
@Controller('auth/mfa')
export class CompleteMfaRoute {
  constructor(
    private readonly browsers: BrowserSessions,
    private readonly commands: Commands,
  ) {}

  @Public()
  @Post()
  @NeverStored()
  @RateLimit(RatePolicies.otp)
  @Explain({
    operationId: 'completeMfa',
    summary: 'Sign in with the second factor',
    description:
      'Takes exactly one of `code` and `recoveryCode`. A token works once, for 5 minutes and five attempts. If the sign-in began with `tokenDelivery: "cookie"`, the refresh token goes into the cookie here too.',
    ok: { type: [Tokens, BrowserTokens], headers: COOKIE_HEADER },
    rejects: [SignInCodeInvalid, CodeLocked, OriginNotAllowed],
  })
  async complete(
    @Body() { mfaToken, ...proof }: CompleteMfaRequest,
    @Ip() ip: string,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
    @Headers('user-agent') userAgent = '',
  ): Promise<Tokens | BrowserTokens> {
    const trusted = this.browsers.isTrusted(request);
    const outcome = await this.commands.execute(new CompleteMfa(mfaToken, proof, { ip, userAgent }, trusted));
    if (!('refused' in outcome)) return this.browsers.deliver(reply, outcome);
    if (outcome.refused === 'locked') throw new Rejection(CodeLocked);
    if (outcome.refused === 'token-void') {
      const detail = 'The mfaToken has expired, was already used, or had five attempts. Sign in again.';
      throw new RequestRefused(SignInCodeInvalid, { detail });
    }
    throw new RequestRefused(SignInCodeInvalid);
  }
}

@CommandHandler(CompleteMfa)
export class CompleteMfaHandler implements ICommandHandler<CompleteMfa> {
  constructor(
    private readonly mfaTokens: MfaTokens,
    private readonly proofs: Reauthentication,
    private readonly signIn: SignIn,
    private readonly users: Users,
  ) {}

  async execute({ mfaToken, proof, client, trusted }: CompleteMfa): Promise<IssuedTokens | Refused> {
    const token = await this.mfaTokens.take(mfaToken);
    if (!token) return { refused: 'token-void' };
    if (token.inCookie && !trusted) throw new Rejection(OriginNotAllowed, { subject: token.userId });
    const outcome = await this.proofs.prove(token.userId, proof, null);
    if (outcome !== 'proved') return { refused: outcome, userId: token.userId };
    await this.mfaTokens.use(token.id);
    return this.signIn.start(await this.users.get(token.userId), client, token.inCookie);
  }
}
