import { Controller, Delete } from '@nestjs/common';
import { CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { ApiTags } from '@nestjs/swagger';
import { Commands } from '@rookery/application';
import { Audited } from '@rookery/audit';
import { NotFound } from '@rookery/domain';
import { type Caller, CurrentCaller, Explain, UuidParam } from '@rookery/web';
import { RelationshipCommand } from '../../services/relationship-commands';
import { Self } from '../../model/rejections';
import { People } from '../../storage/people';
import { Relationships } from '../../storage/relationships';

@Audited('social.unblock-user')
export class UnblockUser extends RelationshipCommand {}

@ApiTags('Social')
@Controller('users')
export class UnblockUserRoute {
  constructor(private readonly commands: Commands) {}

  @Delete(':id/block')
  @Explain({
    operationId: 'unblockUser',
    summary: 'Unblock a user',
    description: 'Who followed whom before is not restored.',
    ok: { status: 204 },
    rejects: [NotFound, Self],
  })
  unblock(@CurrentCaller() { userId }: Caller, @UuidParam() id: string): Promise<void> {
    return this.commands.execute(new UnblockUser(userId, id));
  }
}

@CommandHandler(UnblockUser)
export class UnblockUserHandler implements ICommandHandler<UnblockUser> {
  constructor(
    private readonly people: People,
    private readonly relationships: Relationships,
  ) {}

  /** Whoever is blocked may block, and so end it, however often it says so. */
  async execute({ userId, otherId }: UnblockUser): Promise<void> {
    const relationship = await this.relationships.lockBetween(userId, otherId);
    if (relationship.unblock()) return this.relationships.save(relationship);
    await this.people.verify(otherId);
  }
}
