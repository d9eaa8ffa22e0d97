import { Controller, Delete } from '@nestjs/common';
import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { ApiTags } from '@nestjs/swagger';
import { Commands } from '@rookery/application';
import { NotFound } from '@rookery/domain';
import { type Caller, CurrentCaller, Explain, UuidParam } from '@rookery/web';
import { Self } from '../../model/rejections';
import { People } from '../../storage/people';
import { Relationships } from '../../storage/relationships';
import { Visibility } from '../../storage/visibility';

export class UnfollowUser extends Command<void> {
  constructor(
    readonly userId: string,
    readonly otherId: string,
  ) {
    super();
  }
}

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
  constructor(
    private readonly people: People,
    private readonly relationships: Relationships,
    private readonly visibility: Visibility,
  ) {}

  async execute({ userId, otherId }: UnfollowUser): Promise<void> {
    const relationship = await this.relationships.lockBetween(userId, otherId);
    if (relationship.unfollow()) return this.relationships.save(relationship);
    await this.people.verify(otherId);
    await this.visibility.verifyProfile(userId, otherId);
  }
}
