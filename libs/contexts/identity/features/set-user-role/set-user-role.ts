import { Body, Controller, Put } from '@nestjs/common';
import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { ApiTags } from '@nestjs/swagger';
import { Commands } from '@rookery/application';
import { Audited } from '@rookery/audit';
import { NotFound, Rejection } from '@rookery/domain';
import { Explain, Field, Fresh, RequirePermission, UuidParam } from '@rookery/web';
import { LastAdmin, RoleUnknown } from '../../model/rejections';
import { ROLES } from '../../model/user';
import { Roles } from '../../storage/roles';
import { Users } from '../../storage/users';

class RoleUpdate {
  @Field.known(ROLES, {
    name: 'Role',
    max: 30,
    description: 'The role to assign.',
    example: 'moderator',
  })
  role: string;
}

@Audited('identity.set-user-role')
export class SetUserRole extends Command<void> {
  constructor(
    readonly userId: string,
    readonly role: string,
  ) {
    super();
  }
}

@ApiTags('Administration')
@Controller('admin/users/:id/role')
export class SetUserRoleRoute {
  constructor(private readonly commands: Commands) {}

  @Put()
  @Fresh()
  @RequirePermission('users:role')
  @Explain({
    operationId: 'setUserRole',
    summary: 'Assign a role to a user',
    description:
      'The permissions of the user change within five seconds, without a new sign-in. Requires a fresh sign-in of the caller, within the last 15 minutes.',
    ok: { status: 204 },
    rejects: [NotFound, RoleUnknown, LastAdmin],
  })
  set(@UuidParam() id: string, @Body() { role }: RoleUpdate): Promise<void> {
    return this.commands.execute(new SetUserRole(id, role));
  }
}

@CommandHandler(SetUserRole)
export class SetUserRoleHandler implements ICommandHandler<SetUserRole> {
  constructor(
    private readonly roles: Roles,
    private readonly users: Users,
  ) {}

  async execute({ userId, role }: SetUserRole): Promise<void> {
    await this.roles.lock();
    await this.users.lock(userId);
    const user = await this.users.get(userId);
    if (!user.active) throw new Rejection(NotFound);
    if (!(await this.roles.exists(role))) throw new Rejection(RoleUnknown);
    if (user.role === role) return;
    user.assignRole(role, await this.roles.otherAdminThan(userId));
    await this.users.save(user);
  }
}
