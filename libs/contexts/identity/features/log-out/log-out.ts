import { Body, Controller, Post, Req, Res } from '@nestjs/common';
import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { ApiHeader, ApiTags } from '@nestjs/swagger';
import { Commands } from '@rookery/application';
import { Audited } from '@rookery/audit';
import { Rejection } from '@rookery/domain';
import { type Caller, CurrentCaller, Explain, Field, SessionOnly } from '@rookery/web';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { BrowserSessions, CSRF_HEADER } from '../../services/browser-sessions';
import { RefreshTokens } from '../../services/refresh-token';
import { CsrfTokenInvalid, OriginNotAllowed, RefreshInvalid } from '../../model/rejections';
import { Sessions } from '../../storage/sessions';

class LogoutRequest {
  @Field.text({
    max: 400,
    optional: true,
    description: 'A refresh token of the session to end. Omit it if it is in the cookie.',
  })
  refreshToken?: string;
}

@Audited('identity.log-out')
export class LogOut extends Command<void> {
  constructor(
    readonly userId: string,
    readonly refreshToken: string,
    /** Whether it was in the cookie. */
    readonly inCookie: boolean,
  ) {
    super();
  }
}

@Audited('identity.log-out-everywhere')
export class LogOutEverywhere extends Command<void> {
  constructor(readonly userId: string) {
    super();
  }
}

@ApiTags('Auth')
@SessionOnly()
@Controller('auth')
export class LogOutRoutes {
  constructor(
    private readonly browsers: BrowserSessions,
    private readonly commands: Commands,
  ) {}

  @Post('logout')
  @ApiHeader(CSRF_HEADER)
  @Explain({
    operationId: 'logout',
    summary: 'Sign out',
    description:
      'Ends the session of the refresh token. Its access tokens stop working within five seconds. Without `refreshToken` in the body it ends the session of the cookie, with the same headers as POST /v1/auth/refresh, and deletes the cookie.',
    ok: { status: 204 },
    rejects: [RefreshInvalid, OriginNotAllowed, CsrfTokenInvalid],
  })
  async logOut(
    @Body() { refreshToken }: LogoutRequest,
    @CurrentCaller() { userId }: Caller,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<void> {
    if (refreshToken !== undefined) return this.commands.execute(new LogOut(userId, refreshToken, false));
    await this.browsers.use(request, reply, (token) =>
      this.commands.execute(new LogOut(userId, token, true)),
    );
    this.browsers.clear(reply);
  }

  @Post('logout-all')
  @Explain({
    operationId: 'logoutAll',
    summary: 'Sign out everywhere',
    description: 'Ends all your sessions. Their access tokens stop working within five seconds.',
    ok: { status: 204 },
  })
  logOutEverywhere(@CurrentCaller() { userId }: Caller): Promise<void> {
    return this.commands.execute(new LogOutEverywhere(userId));
  }
}

@CommandHandler(LogOut)
export class LogOutHandler implements ICommandHandler<LogOut> {
  constructor(
    private readonly refreshTokens: RefreshTokens,
    private readonly sessions: Sessions,
  ) {}

  async execute({ userId, refreshToken, inCookie }: LogOut): Promise<void> {
    const token = this.refreshTokens.read(refreshToken);
    const session = token && (await this.sessions.alive(token.sessionId));
    if (session?.inCookie !== inCookie) throw new Rejection(RefreshInvalid);
    // A cookie of another account belongs to another tab, whose session continues.
    if (session.userId !== userId) throw new Rejection(inCookie ? CsrfTokenInvalid : RefreshInvalid);
    await this.sessions.revoke(session.id, 'logout');
  }
}

@CommandHandler(LogOutEverywhere)
export class LogOutEverywhereHandler implements ICommandHandler<LogOutEverywhere> {
  constructor(private readonly sessions: Sessions) {}

  async execute({ userId }: LogOutEverywhere): Promise<void> {
    await this.sessions.revokeAll(userId, 'logout');
  }
}
