import { Body, Controller, Patch } from '@nestjs/common';
import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { ApiTags } from '@nestjs/swagger';
import { Commands } from '@rookery/application';
import { Audited } from '@rookery/audit';
import { assertVersion, type ExpectedVersion, Rejection } from '@rookery/domain';
import { type Caller, CurrentCaller, Explain, Field, IfMatch, Versioned } from '@rookery/web';
import { AccountView } from '../../views/account';
import { Avatars } from '../../contract/avatars';
import { BIO, NAME, USERNAME } from '../../model/names';
import { UsernameTaken } from '../../model/rejections';
import type { Profile } from '../../model/user';
import { OwnAccounts } from '../../services/own-accounts';
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

  @Field.text({
    ...BIO,
    trim: true,
    optional: true,
    description: 'Text about the user, visible to everybody; empty for none.',
    example: 'Writes programs.',
  })
  bio?: string;

  @Field.text({
    max: 100,
    optional: true,
    nullable: true,
    description:
      'Media key of an image that you have uploaded, as your avatar; null for none. It is visible after a moment.',
    example: 'uploads/0198c1d0-7a1c-7f00-a5d3-e1c2b3a49587',
  })
  avatarMediaKey?: string | null;
}

@Audited('identity.update-me')
export class UpdateMe extends Command<AccountView> {
  constructor(
    readonly userId: string,
    readonly changes: Partial<Profile>,
    readonly expectedVersion: ExpectedVersion,
  ) {
    super();
  }
}

@ApiTags('Account')
@Controller('me')
export class UpdateMeRoute {
  constructor(
    private readonly accounts: OwnAccounts,
    private readonly avatars: Avatars,
    private readonly commands: Commands,
  ) {}

  @Patch()
  @Versioned()
  @Explain({
    operationId: 'updateMe',
    summary: 'Update your account',
    description: 'Omitted fields do not change. A body that changes nothing does not create a new version.',
    ok: { type: AccountView },
    rejects: [UsernameTaken, { code: 'media.not-usable' }, { code: 'media.unavailable' }],
  })
  async update(
    @CurrentCaller() caller: Caller,
    @IfMatch() expectedVersion: ExpectedVersion,
    @Body() changes: AccountUpdate,
  ): Promise<AccountView> {
    if (typeof changes.avatarMediaKey === 'string') {
      // Report a stale version before any other error. The storage is too slow for a transaction.
      assertVersion((await this.accounts.get(caller.userId)).version, expectedVersion);
      await this.avatars.verify(caller.userId, changes.avatarMediaKey);
    }
    return this.commands.execute(new UpdateMe(caller.userId, changes, expectedVersion));
  }
}

@CommandHandler(UpdateMe)
export class UpdateMeHandler implements ICommandHandler<UpdateMe> {
  constructor(
    private readonly accounts: OwnAccounts,
    private readonly avatars: Avatars,
    private readonly users: Users,
  ) {}

  async execute({ userId, changes, expectedVersion }: UpdateMe): Promise<AccountView> {
    const user = await this.users.lockOwn(userId); // of two concurrent edits the second is rejected as stale
    assertVersion(user.profileVersion, expectedVersion);
    const previous = user.avatarMediaKey;
    if (user.updateProfile(changes)) {
      const { username, email } = user.snapshot();
      if (changes.username !== undefined && (await this.users.usernameTaken(username, email, userId))) {
        throw new Rejection(UsernameTaken);
      }
      if (user.avatarMediaKey !== previous) await this.avatars.replace(userId, previous, user.avatarMediaKey);
      await this.users.save(user);
    }
    return this.accounts.get(userId);
  }
}
