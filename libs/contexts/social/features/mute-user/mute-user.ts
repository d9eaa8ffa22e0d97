import { Controller, Delete, Put } from '@nestjs/common';
import { CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { ApiTags } from '@nestjs/swagger';
import { Commands } from '@rookery/application';
import { Audited } from '@rookery/audit';
import { Clock, NotFound } from '@rookery/domain';
import { type Caller, CurrentCaller, Explain, UuidParam } from '@rookery/web';
import { RelationshipCommand, RelationshipCommands } from '../../services/relationship-commands';
import { CannotTargetSelf } from '../../model/rejections';

@Audited('social.mute-user')
export class MuteUser extends RelationshipCommand {}

@Audited('social.unmute-user')
export class UnmuteUser extends RelationshipCommand {}

@ApiTags('Relationships')
@Controller('users')
export class MuteUserRoute {
  constructor(private readonly commands: Commands) {}

  @Put(':id/mute')
  @Explain({
    operationId: 'muteUser',
    summary: 'Mute a user',
    description: 'Hides the posts of this user only from your feed. The user is not notified.',
    ok: { status: 204 },
    rejects: [NotFound, CannotTargetSelf],
  })
  mute(@CurrentCaller() { userId }: Caller, @UuidParam() id: string): Promise<void> {
    return this.commands.execute(new MuteUser(userId, id));
  }

  @Delete(':id/mute')
  @Explain({
    operationId: 'unmuteUser',
    summary: 'Unmute a user',
    description:
      'Shows the posts of this user in your feed again. Also works if the user no longer exists for you.',
    ok: { status: 204 },
    rejects: [NotFound, CannotTargetSelf],
  })
  unmute(@CurrentCaller() { userId }: Caller, @UuidParam() id: string): Promise<void> {
    return this.commands.execute(new UnmuteUser(userId, id));
  }
}

@CommandHandler(MuteUser)
export class MuteUserHandler implements ICommandHandler<MuteUser> {
  constructor(
    private readonly clock: Clock,
    private readonly relationships: RelationshipCommands,
  ) {}

  execute(command: MuteUser): Promise<void> {
    return this.relationships.begin(command, (relationship) => relationship.mute(this.clock.now()));
  }
}

@CommandHandler(UnmuteUser)
export class UnmuteUserHandler implements ICommandHandler<UnmuteUser> {
  constructor(private readonly relationships: RelationshipCommands) {}

  execute(command: UnmuteUser): Promise<void> {
    return this.relationships.end(command, (relationship) => relationship.unmute());
  }
}
