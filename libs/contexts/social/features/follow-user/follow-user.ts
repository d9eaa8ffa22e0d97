import { Controller, Delete, Put } from '@nestjs/common';
import { CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { ApiTags } from '@nestjs/swagger';
import { Commands } from '@rookery/application';
import { Audited } from '@rookery/audit';
import { Clock, NotFound } from '@rookery/domain';
import { type Caller, CurrentCaller, Explain, UuidParam } from '@rookery/web';
import { RelationshipCommand, RelationshipCommands } from '../../services/relationship-commands';
import { CannotTargetSelf, TargetBlocked, TooManyFollowed } from '../../model/rejections';
import { Relationships } from '../../storage/relationships';

@Audited('social.follow-user')
export class FollowUser extends RelationshipCommand {}

@Audited('social.unfollow-user')
export class UnfollowUser extends RelationshipCommand {}

@ApiTags('Relationships')
@Controller('users')
export class FollowUserRoute {
  constructor(private readonly commands: Commands) {}

  @Put(':id/follow')
  @Explain({
    operationId: 'followUser',
    summary: 'Follow a user',
    description:
      'Adds all posts of this user to your feed, including earlier ones. You can follow up to 10,000 users.',
    ok: { status: 204 },
    rejects: [NotFound, CannotTargetSelf, TargetBlocked, TooManyFollowed],
  })
  follow(@CurrentCaller() { userId }: Caller, @UuidParam() id: string): Promise<void> {
    return this.commands.execute(new FollowUser(userId, id));
  }

  @Delete(':id/follow')
  @Explain({
    operationId: 'unfollowUser',
    summary: 'Unfollow a user',
    description:
      'Removes the posts of this user from your feed immediately. Also works if the user no longer exists for you.',
    ok: { status: 204 },
    rejects: [NotFound, CannotTargetSelf],
  })
  unfollow(@CurrentCaller() { userId }: Caller, @UuidParam() id: string): Promise<void> {
    return this.commands.execute(new UnfollowUser(userId, id));
  }
}

@CommandHandler(FollowUser)
export class FollowUserHandler implements ICommandHandler<FollowUser> {
  constructor(
    private readonly clock: Clock,
    private readonly relationships: Relationships,
    private readonly commands: RelationshipCommands,
  ) {}

  execute(command: FollowUser): Promise<void> {
    return this.commands.begin(command, async (relationship) => {
      const begins = relationship.follow(this.clock.now());
      if (begins) await this.relationships.assertRoomToFollow(command.userId);
      return begins;
    });
  }
}

@CommandHandler(UnfollowUser)
export class UnfollowUserHandler implements ICommandHandler<UnfollowUser> {
  constructor(private readonly relationships: RelationshipCommands) {}

  execute(command: UnfollowUser): Promise<void> {
    return this.relationships.end(command, (relationship) => relationship.unfollow());
  }
}
