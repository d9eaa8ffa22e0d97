import { Controller, Delete } from '@nestjs/common';
import { CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { ApiTags } from '@nestjs/swagger';
import { Commands } from '@rookery/application';
import { Audited } from '@rookery/audit';
import { NotFound } from '@rookery/domain';
import { type Caller, CurrentCaller, Explain, UuidParam } from '@rookery/web';
import { RelationshipCommand, RelationshipCommands } from '../../services/relationship-commands';
import { Self } from '../../model/rejections';

@Audited('social.unfollow-user')
export class UnfollowUser extends RelationshipCommand {}

@ApiTags('Social')
@Controller('users')
export class UnfollowUserRoute {
  constructor(private readonly commands: Commands) {}

  @Delete(':id/follow')
  @Explain({
    operationId: 'unfollowUser',
    summary: 'Stop following a user',
    ok: { status: 204 },
    rejects: [NotFound, Self],
  })
  unfollow(@CurrentCaller() { userId }: Caller, @UuidParam() id: string): Promise<void> {
    return this.commands.execute(new UnfollowUser(userId, id));
  }
}

@CommandHandler(UnfollowUser)
export class UnfollowUserHandler implements ICommandHandler<UnfollowUser> {
  constructor(private readonly relationships: RelationshipCommands) {}

  execute(wish: UnfollowUser): Promise<void> {
    return this.relationships.end(wish, (relationship) => relationship.unfollow());
  }
}
