import { Controller, Delete } from '@nestjs/common';
import { CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { ApiTags } from '@nestjs/swagger';
import { Commands } from '@rookery/application';
import { Audited } from '@rookery/audit';
import { NotFound } from '@rookery/domain';
import { type Caller, CurrentCaller, Explain, UuidParam } from '@rookery/web';
import { RelationshipCommand, RelationshipCommands } from '../../services/relationship-commands';
import { Self } from '../../model/rejections';

@Audited('social.unmute-user')
export class UnmuteUser extends RelationshipCommand {}

@ApiTags('Social')
@Controller('users')
export class UnmuteUserRoute {
  constructor(private readonly commands: Commands) {}

  @Delete(':id/mute')
  @Explain({
    operationId: 'unmuteUser',
    summary: 'Hear a muted user again',
    ok: { status: 204 },
    rejects: [NotFound, Self],
  })
  unmute(@CurrentCaller() { userId }: Caller, @UuidParam() id: string): Promise<void> {
    return this.commands.execute(new UnmuteUser(userId, id));
  }
}

@CommandHandler(UnmuteUser)
export class UnmuteUserHandler implements ICommandHandler<UnmuteUser> {
  constructor(private readonly relationships: RelationshipCommands) {}

  execute(wish: UnmuteUser): Promise<void> {
    return this.relationships.end(wish, (relationship) => relationship.unmute());
  }
}
