import { Controller, Delete } from '@nestjs/common';
import { CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { ApiTags } from '@nestjs/swagger';
import { Commands } from '@rookery/application';
import { NotFound } from '@rookery/domain';
import { type Caller, CurrentCaller, Explain, UuidParam } from '@rookery/web';
import { Wish, Wishes } from '../../access/wishes';
import { Self } from '../../model/rejections';

export class UnblockUser extends Wish {}

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
  constructor(private readonly wishes: Wishes) {}

  execute(wish: UnblockUser): Promise<void> {
    return this.wishes.end(wish, (relationship) => relationship.unblock());
  }
}
