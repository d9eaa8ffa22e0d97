import { Body, Controller, Post, Req, Res } from '@nestjs/common';
import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { ApiHeader, ApiTags } from '@nestjs/swagger';
import { Commands } from '@rookery/application';
import { Audited } from '@rookery/audit';
import { Rejection } from '@rookery/domain';
import { Transaction } from '@rookery/persistence';
import {
  type Caller,
  CurrentCaller,
  ExactlyOneOf,
  Explain,
  Field,
  NeverStored,
  RateLimit,
  RatePolicies,
  SessionOnly,
} from '@rookery/web';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { BrowserSessions, CSRF_HEADER } from '../../services/browser-sessions';
import { PasswordProof } from '../../services/password-proof';
import {
  SecondFactorProof,
  type ProofOutcome,
  Reauthentication,
  refusalOf,
} from '../../services/reauthentication';
import { SessionCache } from '../../services/session-cache';
import { BrowserTokens, type IssuedTokens, SignIn, Tokens } from '../../services/sign-in';
import {
  CodeInvalid,
  CodeLocked,
  CsrfTokenInvalid,
  Locked,
  PasswordWrong,
  ProofsExhausted,
  SecondFactorNeeded,
  TotpNotEnrolled,
} from '../../model/rejections';
import { Sessions } from '../../storage/sessions';
import { Users } from '../../storage/users';

@ExactlyOneOf('code', 'recoveryCode', 'password')
class StepUpRequest extends SecondFactorProof {
  @Field.text({ max: 128, optional: true, description: 'The password, for users without a second factor.' })
  password?: string;
}

/** Returns a failure instead of throwing: a rejection would roll back the count. */
@Audited<StepUp>('identity.step-up', {
  subject: ({ userId }) => userId,
  refusal: (outcome) => (typeof outcome === 'object' ? undefined : refusalOf(outcome).code),
})
export class StepUp extends Command<IssuedTokens | Exclude<ProofOutcome, 'proved'>> {
  constructor(
    readonly userId: string,
    readonly sessionId: string,
    readonly proof: StepUpRequest,
    /** Session of the cookie that the request can use, if it has one. */
    readonly cookieOf: string | undefined,
  ) {
    super();
  }
}

@ApiTags('Second factor')
@Controller('auth/step-up')
export class StepUpRoute {
  constructor(
    private readonly browsers: BrowserSessions,
    private readonly commands: Commands,
  ) {}

  @SessionOnly()
  @Post()
  @NeverStored()
  @RateLimit(RatePolicies.otp)
  @ApiHeader(CSRF_HEADER)
  @Explain({
    operationId: 'stepUp',
    summary: 'Reauthenticate (step-up)',
    description:
      'Takes exactly one of `code`, `recoveryCode` and, for users without a second factor, `password`. For 15 minutes, the tokens in the response, and tokens refreshed from them, can be used for operations that require a fresh sign-in. Earlier access tokens do not change. The earlier refresh token is replaced. If it is in a cookie, the request must carry the cookie, with the same headers as POST /v1/auth/refresh.',
    ok: { type: [Tokens, BrowserTokens] },
    rejects: [
      CodeInvalid,
      CodeLocked,
      CsrfTokenInvalid,
      Locked,
      PasswordWrong,
      ProofsExhausted,
      SecondFactorNeeded,
      TotpNotEnrolled,
    ],
  })
  async stepUp(
    @Body() proof: StepUpRequest,
    @CurrentCaller() { userId, sessionId }: Caller,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<Tokens | BrowserTokens> {
    const cookieOf = this.browsers.sessionOf(request);
    const outcome = await this.commands.execute(new StepUp(userId, sessionId!, proof, cookieOf));
    if (typeof outcome === 'string') throw new Rejection(refusalOf(outcome));
    return this.browsers.deliver(reply, outcome);
  }
}

@CommandHandler(StepUp)
export class StepUpHandler implements ICommandHandler<StepUp> {
  constructor(
    private readonly passwordProof: PasswordProof,
    private readonly proofs: Reauthentication,
    private readonly sessions: Sessions,
    private readonly signIn: SignIn,
    private readonly transaction: Transaction,
    private readonly users: Users,
    private readonly sessionCache: SessionCache,
  ) {}

  async execute({ userId, sessionId, proof, cookieOf }: StepUp) {
    // The refresh token is replaced: a browser that did not take the new cookie would be signed out by the old one.
    if ((await this.sessionCache.get(sessionId))?.inCookie && cookieOf !== sessionId)
      throw new Rejection(CsrfTokenInvalid);
    await this.takeTry(sessionId);
    const right = proof.password === undefined || (await this.isPassword(userId, sessionId, proof.password));
    const needsSecondFactor = await this.users.needsSecondFactor(userId);
    if (proof.password === undefined) {
      if (!needsSecondFactor) throw new Rejection(TotpNotEnrolled);
      const outcome = await this.proofs.prove(userId, proof, sessionId);
      if (outcome !== 'proved') return outcome;
    } else {
      if (needsSecondFactor) throw new Rejection(SecondFactorNeeded);
      if (!right) throw new Rejection(PasswordWrong);
    }
    await this.sessions.prove(sessionId);
    return this.signIn.resume(await this.users.get(userId), sessionId);
  }

  /** In a separate transaction, before the comparison: the attempt is counted whatever happens later. */
  private async takeTry(sessionId: string): Promise<void> {
    const taken = await this.transaction.outside(() =>
      this.transaction.run(() => this.sessions.takeProofTry(sessionId)),
    );
    if (!taken) throw new Rejection(ProofsExhausted);
  }

  private async isPassword(userId: string, sessionId: string, password: string): Promise<boolean> {
    const names = await this.users.namesOf(userId);
    if (!names) return false;
    const ip = await this.sessions.addressOf(sessionId);
    return (await this.passwordProof.of(names.email, password, ip)) !== undefined;
  }
}
