import { Body, Controller, Patch } from '@nestjs/common';
import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { ApiTags } from '@nestjs/swagger';
import { Commands } from '@rookery/application';
import { Audited } from '@rookery/audit';
import { assertVersion, type ExpectedVersion, Rejection } from '@rookery/domain';
import { type Caller, CurrentCaller, Explain, Field, IfMatch, Versioned } from '@rookery/web';
import { AccountView, meOf } from '../../views/account';
import { NAME, USERNAME } from '../../model/names';
import { UsernameTaken } from '../../model/rejections';
import type { Names } from '../../model/user';
import { Users } from '../../storage/users';

class AccountUpdate {
  @Field.name({ ...NAME, optional: true, description: 'Display name.', example: 'Ada King' })
  name?: string;

  @Field.username({
    ...USERNAME,
    optional: true,
    description: 'Unique name: letters, digits, dot, underscore and hyphen.',
    example: 'ada',
  })
  username?: string;
}

@Audited('identity.update-me')
export class UpdateMe extends Command<AccountView> {
  constructor(
    readonly userId: string,
    readonly names: Partial<Names>,
    readonly expectedVersion: ExpectedVersion,
  ) {
    super();
  }
}

@ApiTags('Account')
@Controller('me')
export class UpdateMeRoute {
  constructor(private readonly commands: Commands) {}

  @Patch()
  @Versioned()
  @Explain({
    operationId: 'updateMe',
    summary: 'Update your account',
    description:
      'Fields that are left out do not change. A body that changes nothing creates no new version.',
    ok: { type: AccountView },
    rejects: [UsernameTaken],
  })
  update(
    @CurrentCaller() caller: Caller,
    @IfMatch() expectedVersion: ExpectedVersion,
    @Body() names: AccountUpdate,
  ): Promise<AccountView> {
    return this.commands.execute(new UpdateMe(caller.userId, names, expectedVersion));
  }
}

@CommandHandler(UpdateMe)
export class UpdateMeHandler implements ICommandHandler<UpdateMe> {
  constructor(private readonly users: Users) {}

  async execute({ userId, names, expectedVersion }: UpdateMe): Promise<AccountView> {
    const user = await this.users.lockOwn(userId); // of two concurrent edits the second is rejected as stale
    assertVersion(user.profileVersion, expectedVersion);
    if (!user.rename(names)) return meOf(user);
    const { username, email } = user.snapshot();
    if (names.username !== undefined && (await this.users.usernameTaken(username, email, userId))) {
      throw new Rejection(UsernameTaken);
    }
    await this.users.save(user);
    return meOf(user);
  }
}
