import { Controller, Delete, Put } from '@nestjs/common';
import { CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { ApiTags } from '@nestjs/swagger';
import { Commands } from '@rookery/application';
import { Audited } from '@rookery/audit';
import { Clock, NotFound } from '@rookery/domain';
import { type Caller, CurrentCaller, Explain, UuidParam } from '@rookery/web';
import { RelationshipCommand, RelationshipCommands } from '../../services/relationship-commands';
import { CannotTargetSelf } from '../../model/rejections';
import { People } from '../../storage/people';
import { Relationships } from '../../storage/relationships';

@Audited('social.block-user')
export class BlockUser extends RelationshipCommand {}

@Audited('social.unblock-user')
export class UnblockUser extends RelationshipCommand {}

@ApiTags('Relationships')
@Controller('users')
export class BlockUserRoute {
  constructor(private readonly commands: Commands) {}

  @Put(':id/block')
  @Explain({
    operationId: 'blockUser',
    summary: 'Block a user',
    description:
      'Hides you from this user, as if you did not exist. Neither of you can read the content of the other. Ends follows in both directions.',
    ok: { status: 204 },
    rejects: [NotFound, CannotTargetSelf],
  })
  block(@CurrentCaller() { userId }: Caller, @UuidParam() id: string): Promise<void> {
    return this.commands.execute(new BlockUser(userId, id));
  }

  @Delete(':id/block')
  @Explain({
    operationId: 'unblockUser',
    summary: 'Unblock a user',
    description: 'Does not restore earlier follows. Also works if the user no longer exists for you.',
    ok: { status: 204 },
    rejects: [NotFound, CannotTargetSelf],
  })
  unblock(@CurrentCaller() { userId }: Caller, @UuidParam() id: string): Promise<void> {
    return this.commands.execute(new UnblockUser(userId, id));
  }
}

@CommandHandler(BlockUser)
export class BlockUserHandler implements ICommandHandler<BlockUser> {
  constructor(
    private readonly clock: Clock,
    private readonly people: People,
    private readonly relationships: Relationships,
  ) {}

  /** A blocked user can also block the other: otherwise the first to block could prevent it. */
  async execute({ userId, otherId }: BlockUser): Promise<void> {
    const relationship = await this.relationships.lockBetween(userId, otherId);
    await this.people.ensure(userId, otherId);
    if (!relationship.block(this.clock.now())) return;
    await this.relationships.save(relationship);
    const reverse = await this.relationships.find({ userId: otherId, otherId: userId });
    if (reverse?.unfollow()) await this.relationships.save(reverse);
  }
}

@CommandHandler(UnblockUser)
export class UnblockUserHandler implements ICommandHandler<UnblockUser> {
  constructor(private readonly relationships: RelationshipCommands) {}

  execute(command: UnblockUser): Promise<void> {
    return this.relationships.end(command, (relationship) => relationship.unblock());
  }
}
