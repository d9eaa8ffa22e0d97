import { Body, Controller, Post } from '@nestjs/common';
import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { ApiTags } from '@nestjs/swagger';
import { Commands } from '@rookery/application';
import { Audited } from '@rookery/audit';
import { Rejection } from '@rookery/domain';
import { type Caller, CurrentCaller, Explain, Field, SessionOnly } from '@rookery/web';
import { RefreshTokens } from '../../services/refresh-token';
import { SessionCache } from '../../services/session-cache';
import { RefreshInvalid } from '../../model/rejections';
import { Sessions } from '../../storage/sessions';

class LogoutRequest {
  @Field.text({ max: 400, description: 'A refresh token of the session to end.' })
  refreshToken: string;
}

@Audited('identity.log-out')
export class LogOut extends Command<void> {
  constructor(
    readonly userId: string,
    readonly refreshToken: string,
  ) {
    super();
  }
}

@Audited('identity.log-out-everywhere')
export class LogOutEverywhere extends Command<void> {
  constructor(
    readonly userId: string,
    readonly sessionId: string | null,
  ) {
    super();
  }
}

@ApiTags('Auth')
@SessionOnly()
@Controller('auth')
export class LogOutRoutes {
  constructor(private readonly commands: Commands) {}

  @Post('logout')
  @Explain({
    operationId: 'logout',
    summary: 'Sign out',
    description: 'Ends the session of the refresh token. Its access tokens stop working within five seconds.',
    ok: { status: 204 },
    rejects: [RefreshInvalid],
  })
  logOut(@Body() { refreshToken }: LogoutRequest, @CurrentCaller() caller: Caller): Promise<void> {
    return this.commands.execute(new LogOut(caller.userId, refreshToken));
  }

  @Post('logout-all')
  @Explain({
    operationId: 'logoutAll',
    summary: 'Sign out everywhere',
    description: 'Ends all your sessions. Their access tokens stop working within five seconds.',
    ok: { status: 204 },
  })
  logOutEverywhere(@CurrentCaller() { userId, sessionId }: Caller): Promise<void> {
    return this.commands.execute(new LogOutEverywhere(userId, sessionId));
  }
}

@CommandHandler(LogOut)
export class LogOutHandler implements ICommandHandler<LogOut> {
  constructor(
    private readonly refreshTokens: RefreshTokens,
    private readonly sessions: Sessions,
    private readonly sessionCache: SessionCache,
  ) {}

  async execute({ userId, refreshToken }: LogOut): Promise<void> {
    const token = this.refreshTokens.read(refreshToken);
    const session = token && (await this.sessions.alive(token.sessionId));
    if (session?.userId !== userId) throw new Rejection(RefreshInvalid);
    await this.sessions.revoke(session.id, 'logout');
    this.sessionCache.forget(session.id);
  }
}

@CommandHandler(LogOutEverywhere)
export class LogOutEverywhereHandler implements ICommandHandler<LogOutEverywhere> {
  constructor(
    private readonly sessions: Sessions,
    private readonly sessionCache: SessionCache,
  ) {}

  async execute({ userId, sessionId }: LogOutEverywhere): Promise<void> {
    await this.sessions.revokeAll(userId, 'logout');
    if (sessionId) this.sessionCache.forget(sessionId);
  }
}
