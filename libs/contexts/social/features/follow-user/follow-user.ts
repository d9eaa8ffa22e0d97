import { Controller, Put } from '@nestjs/common';
import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { ApiTags } from '@nestjs/swagger';
import { Commands } from '@rookery/application';
import { Clock, NotFound } from '@rookery/domain';
import { type Caller, CurrentCaller, Explain, UuidParam } from '@rookery/web';
import { Blocked, Self } from '../../model/rejections';
import { People } from '../../storage/people';
import { Relationships } from '../../storage/relationships';
import { Visibility } from '../../storage/visibility';

export class FollowUser extends Command<void> {
  constructor(
    readonly userId: string,
    readonly otherId: string,
  ) {
    super();
  }
}

@ApiTags('Social')
@Controller('users')
export class FollowUserRoute {
  constructor(private readonly commands: Commands) {}

  @Put(':id/follow')
  @Explain({
    operationId: 'followUser',
    summary: 'Follow a user',
    description: 'What the user writes is in the own feed from now on, what it wrote before included.',
    ok: { status: 204 },
    rejects: [NotFound, Self, Blocked],
  })
  follow(@CurrentCaller() { userId }: Caller, @UuidParam() id: string): Promise<void> {
    return this.commands.execute(new FollowUser(userId, id));
  }
}

@CommandHandler(FollowUser)
export class FollowUserHandler implements ICommandHandler<FollowUser> {
  constructor(
    private readonly clock: Clock,
    private readonly people: People,
    private readonly relationships: Relationships,
    private readonly visibility: Visibility,
  ) {}

  async execute({ userId, otherId }: FollowUser): Promise<void> {
    const relationship = await this.relationships.lockBetween(userId, otherId);
    await this.people.ensure(otherId);
    await this.visibility.verifyProfile(userId, otherId);
    await this.people.ensure(userId);
    if (relationship.follow(this.clock.now())) await this.relationships.save(relationship);
  }
}
