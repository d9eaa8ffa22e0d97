import { Controller, Delete } from '@nestjs/common';
import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { ApiTags } from '@nestjs/swagger';
import { Commands } from '@rookery/application';
import { Audited } from '@rookery/audit';
import { NotFound, Rejection } from '@rookery/domain';
import { type Caller, CurrentCaller, Explain, SessionOnly, UuidParam } from '@rookery/web';
import { Sessions } from '../../storage/sessions';

@Audited<RevokeSession>('identity.revoke-session', { subject: ({ sessionId }) => sessionId })
export class RevokeSession extends Command<void> {
  constructor(
    readonly userId: string,
    readonly sessionId: string,
  ) {
    super();
  }
}

@ApiTags('Sessions')
@SessionOnly()
@Controller('auth/sessions')
export class RevokeSessionRoute {
  constructor(private readonly commands: Commands) {}

  @Delete(':id')
  @Explain({
    operationId: 'revokeSession',
    summary: 'End one of your sessions',
    description: 'Its access tokens stop working within five seconds.',
    ok: { status: 204 },
    rejects: [NotFound],
  })
  revoke(@UuidParam() id: string, @CurrentCaller() caller: Caller): Promise<void> {
    return this.commands.execute(new RevokeSession(caller.userId, id));
  }
}

@CommandHandler(RevokeSession)
export class RevokeSessionHandler implements ICommandHandler<RevokeSession> {
  constructor(private readonly sessions: Sessions) {}

  async execute({ userId, sessionId }: RevokeSession): Promise<void> {
    const session = await this.sessions.alive(sessionId);
    if (session?.userId !== userId) throw new Rejection(NotFound);
    await this.sessions.revoke(sessionId, 'ended-by-owner');
  }
}
