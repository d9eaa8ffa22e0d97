import { Body, Controller, Post } from '@nestjs/common';
import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { ApiTags } from '@nestjs/swagger';
import { Commands } from '@rookery/application';
import { Audited } from '@rookery/audit';
import { Rejection } from '@rookery/domain';
import { Transaction } from '@rookery/persistence';
import { Explain, Field, NeverStored, Public } from '@rookery/web';
import { RefreshTokens } from '../../services/refresh-token';
import { SessionCache } from '../../services/session-cache';
import { SignIn, Tokens } from '../../services/sign-in';
import { RefreshInvalid, RefreshTokenReused } from '../../model/rejections';
import { Sessions } from '../../storage/sessions';
import { Users } from '../../storage/users';

/** Seconds in which the direct predecessor still gets the current token, because the response may have been lost. */
const GRACE_SECONDS = 30;

class RefreshRequest {
  @Field.text({ max: 400, description: 'The refresh token from the last response.' })
  refreshToken: string;
}

/** Returns undefined if the token was reused: the session has been ended then, which a rejection would roll back. */
@Audited<RefreshSession>('identity.refresh-session', {
  subject: (_, tokens) => tokens?.user.id,
  refusal: (tokens) => (tokens ? undefined : RefreshTokenReused.code),
})
export class RefreshSession extends Command<Tokens | undefined> {
  constructor(readonly refreshToken: string) {
    super();
  }
}

@ApiTags('Auth')
@Controller('auth/refresh')
export class RefreshTokensRoute {
  constructor(private readonly commands: Commands) {}

  @NeverStored()
  @Public()
  @Post()
  @Explain({
    operationId: 'refreshTokens',
    summary: 'Refresh tokens',
    description:
      'Each refresh token works once. For 30 seconds, its direct predecessor gets the same response, so that a lost response signs nobody out. Any older token ends the session. If the predecessor was issued before POST /v1/auth/step-up, that proof is invalidated.',
    ok: { type: Tokens },
    rejects: [RefreshInvalid, RefreshTokenReused],
  })
  async refresh(@Body() { refreshToken }: RefreshRequest): Promise<Tokens> {
    const tokens = await this.commands.execute(new RefreshSession(refreshToken));
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
    private readonly transaction: Transaction,
    private readonly users: Users,
    private readonly sessionCache: SessionCache,
  ) {}

  async execute({ refreshToken }: RefreshSession): Promise<Tokens | undefined> {
    const token = this.refreshTokens.read(refreshToken);
    const session = token && (await this.sessions.lock(token.sessionId));
    if (!token || !session || token.counter > session.counter) throw new Rejection(RefreshInvalid);

    const behind = session.counter - token.counter;
    if (behind > 1 || (behind === 1 && session.secondsSinceRotation > GRACE_SECONDS)) {
      await this.sessions.revoke(session.id, 'refresh-reused');
      return undefined;
    }
    if (behind === 0) await this.sessions.rotate(session.id);
    else if (session.rotatedByProof) await this.invalidateProof(session.id);
    const user = await this.users.get(session.userId);
    return this.signIn.resume(user, session.id);
  }

  /** The refresh token from before the reauthentication was used; it may be the owner or somebody with a copy. */
  private async invalidateProof(sessionId: string): Promise<void> {
    await this.sessions.invalidateProof(sessionId);
    this.transaction.afterCommit(() => this.sessionCache.forget(sessionId));
  }
}
