import { Controller, Delete } from '@nestjs/common';
import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { ApiTags } from '@nestjs/swagger';
import { Commands } from '@rookery/application';
import { Audited } from '@rookery/audit';
import { NotFound, Rejection } from '@rookery/domain';
import { Explain, RequirePermission, UuidParam } from '@rookery/web';
import { ApiKeys } from '../../services/api-keys';
import { Sessions } from '../../storage/sessions';
import { Users } from '../../storage/users';

@Audited<EndUserSessions>('identity.end-user-sessions', { subject: ({ userId }) => userId })
export class EndUserSessions extends Command<void> {
  constructor(readonly userId: string) {
    super();
  }
}

@ApiTags('Administration')
@Controller('admin/users/:id/sessions')
export class EndUserSessionsRoute {
  constructor(private readonly commands: Commands) {}

  @Delete()
  @RequirePermission('users:sessions')
  @Explain({
    operationId: 'endUserSessions',
    summary: 'End all sessions and API keys of a user',
    description:
      'The access tokens of the sessions and the API keys stop working within five seconds. Sign-ins that wait for a second factor are invalidated. The user can sign in again. Tokens of other issuers remain valid.',
    ok: { status: 204 },
    rejects: [NotFound],
  })
  end(@UuidParam() id: string): Promise<void> {
    return this.commands.execute(new EndUserSessions(id));
  }
}

@CommandHandler(EndUserSessions)
export class EndUserSessionsHandler implements ICommandHandler<EndUserSessions> {
  constructor(
    private readonly apiKeys: ApiKeys,
    private readonly sessions: Sessions,
    private readonly users: Users,
  ) {}

  async execute({ userId }: EndUserSessions): Promise<void> {
    await this.users.lock(userId);
    const user = await this.users.get(userId);
    if (!user.active) throw new Rejection(NotFound);
    await this.sessions.revokeAll(userId, 'ended-by-admin');
    await this.apiKeys.revokeAll(userId);
  }
}
