import { Body, Controller, Patch } from '@nestjs/common';
import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { ApiTags } from '@nestjs/swagger';
import { Commands } from '@rookery/application';
import { Audited } from '@rookery/audit';
import { NotFound } from '@rookery/domain';
import { type Caller, CurrentCaller, Explain, Field, OutlivesSession, UuidParam } from '@rookery/web';
import { type Role, ROLES } from '../../contract';
import { verifyOwner } from '../../model/member';
import { LastOwner } from '../../model/rejections';
import { Invites } from '../../storage/invites';
import { Members } from '../../storage/members';
import { Workspaces } from '../../storage/workspaces';
import { MemberView, MemberViews } from '../../views/member';
import { ROLE } from '../../views/workspace';

class MemberUpdate {
  @Field.oneOf(ROLES, ROLE)
  role: Role;
}

@Audited<ChangeMemberRole>('workspaces.change-member-role', {
  record: ['userId', 'role'],
  subject: ({ workspaceId }) => workspaceId,
})
export class ChangeMemberRole extends Command<MemberView> {
  constructor(
    readonly workspaceId: string,
    readonly callerId: string,
    readonly userId: string,
    readonly role: Role,
  ) {
    super();
  }
}

@ApiTags('Workspace members')
@Controller('workspaces')
export class ChangeMemberRoleRoute {
  constructor(private readonly commands: Commands) {}

  @OutlivesSession()
  @Patch(':id/members/:userId')
  @Explain({
    operationId: 'updateMember',
    summary: 'Change the role of a member',
    description:
      'Requires the `owner` role. Owners can change their own role too, except the last owner. Invites sent by a member who is no longer an owner become invalid.',
    ok: { type: MemberView },
    rejects: [NotFound, LastOwner],
  })
  change(
    @UuidParam() id: string,
    @UuidParam('userId') userId: string,
    @CurrentCaller() caller: Caller,
    @Body() { role }: MemberUpdate,
  ): Promise<MemberView> {
    return this.commands.execute(new ChangeMemberRole(id, caller.userId, userId, role));
  }
}

@CommandHandler(ChangeMemberRole)
export class ChangeMemberRoleHandler implements ICommandHandler<ChangeMemberRole> {
  constructor(
    private readonly invites: Invites,
    private readonly members: Members,
    private readonly views: MemberViews,
    private readonly workspaces: Workspaces,
  ) {}

  async execute({ workspaceId, callerId, userId, role }: ChangeMemberRole): Promise<MemberView> {
    const locked = await this.workspaces.lockAs(callerId, workspaceId);
    const member = await this.members.of(workspaceId, userId);
    verifyOwner(locked.role);
    const otherOwners = await this.members.otherOwners(workspaceId, userId);
    if (member.changeRole(role, otherOwners)) await this.members.save(member);
    if (role !== 'owner') await this.invites.closeOf(workspaceId, userId);
    return this.views.reload(workspaceId, userId);
  }
}
