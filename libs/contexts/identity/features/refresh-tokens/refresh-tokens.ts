import { Body, Controller, Post, Req, Res } from '@nestjs/common';
import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { ApiHeader, ApiTags } from '@nestjs/swagger';
import { Commands } from '@rookery/application';
import { Audited } from '@rookery/audit';
import { Rejection } from '@rookery/domain';
import { Explain, Field, NeverStored, Public } from '@rookery/web';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { BrowserSessions, COOKIE_HEADER, CSRF_HEADER } from '../../services/browser-sessions';
import { RefreshTokens } from '../../services/refresh-token';
import { BrowserTokens, type IssuedTokens, SignIn, Tokens } from '../../services/sign-in';
import {
  CsrfTokenInvalid,
  OriginNotAllowed,
  RefreshInvalid,
  RefreshTokenReused,
} from '../../model/rejections';
import { Sessions } from '../../storage/sessions';
import { Users } from '../../storage/users';

/** Seconds in which the direct predecessor still gets the current token, because the response may have been lost. */
const GRACE_SECONDS = 30;

class RefreshRequest {
  @Field.text({
    max: 400,
    optional: true,
    description: 'The refresh token from the last response. Omit it if it is in the cookie.',
  })
  refreshToken?: string;
}

/** Returns undefined if the token was reused: the session has been ended then, which a rejection would roll back. */
@Audited<RefreshSession>('identity.refresh-session', {
  subject: (_, tokens) => tokens?.answer.user.id,
  refusal: (tokens) => (tokens ? undefined : RefreshTokenReused.code),
})
export class RefreshSession extends Command<IssuedTokens | undefined> {
  constructor(
    readonly refreshToken: string,
    /** Whether it was in the cookie. */
    readonly inCookie: boolean,
  ) {
    super();
  }
}

@ApiTags('Auth')
@Controller('auth/refresh')
export class RefreshTokensRoute {
  constructor(
    private readonly browsers: BrowserSessions,
    private readonly commands: Commands,
  ) {}

  @NeverStored()
  @Public()
  @Post()
  @ApiHeader(CSRF_HEADER)
  @Explain({
    operationId: 'refreshTokens',
    summary: 'Refresh tokens',
    description:
      'Each refresh token works once. For 30 seconds, its direct predecessor gets the same response, so that a lost response does not sign the user out. Any older token ends the session. If the predecessor was issued before POST /v1/auth/step-up, that reauthentication is invalidated.\n\nWithout `refreshToken` in the body, the one in the cookie is used. The request then requires `X-CSRF-Token`, and an `Origin` that is the API’s own or in `CORS_ORIGINS`. A token in a cookie is replaced at most every 30 seconds: tabs that refresh at the same time get the same one. The cookie is deleted if its session has ended.',
    ok: { type: [Tokens, BrowserTokens], headers: COOKIE_HEADER },
    rejects: [RefreshInvalid, RefreshTokenReused, OriginNotAllowed, CsrfTokenInvalid],
  })
  async refresh(
    @Body() { refreshToken }: RefreshRequest,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<Tokens | BrowserTokens> {
    const tokens =
      refreshToken === undefined
        ? await this.browsers.use(request, reply, (token) => this.rotate(token, true))
        : await this.rotate(refreshToken, false);
    return this.browsers.deliver(reply, tokens);
  }

  private async rotate(refreshToken: string, inCookie: boolean): Promise<IssuedTokens> {
    const tokens = await this.commands.execute(new RefreshSession(refreshToken, inCookie));
    if (!tokens) throw new Rejection(RefreshTokenReused);
    return tokens;
  }
}

@CommandHandler(RefreshSession)
export class RefreshSessionHandler implements ICommandHandler<RefreshSession> {
  constructor(
    private readonly refreshTokens: RefreshTokens,
    private readonly sessions: Sessions,
    private readonly signIn: SignIn,
    private readonly users: Users,
  ) {}

  async execute({ refreshToken, inCookie }: RefreshSession): Promise<IssuedTokens | undefined> {
    const token = this.refreshTokens.read(refreshToken);
    const session = token && (await this.sessions.lock(token.sessionId));
    if (!token || !session || token.counter > session.counter) throw new Rejection(RefreshInvalid);
    // A token from a cookie never gets into a body, nor one from a body, which somebody else may know, into a cookie.
    if (session.inCookie !== inCookie) throw new Rejection(RefreshInvalid);

    const behind = session.counter - token.counter;
    const recent = session.secondsSinceRotation <= GRACE_SECONDS;
    if (behind > 1 || (behind === 1 && !recent)) {
      await this.sessions.revoke(session.id, 'refresh-reused');
      return undefined;
    }
    // The tabs of a browser share a cookie. If it were replaced twice while the request of a tab is in transit, that
    // request would look like the reuse of an old token.
    if (behind === 0 && !(inCookie && recent)) await this.sessions.rotate(session.id);
    // The refresh token from before the reauthentication was used; it may be the owner or somebody with a copy.
    else if (behind === 1 && session.rotatedByProof) await this.sessions.invalidateProof(session.id);
    const user = await this.users.get(session.userId);
    return this.signIn.resume(user, session.id);
  }
}
