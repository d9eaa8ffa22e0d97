import { Controller, Delete } from '@nestjs/common';
import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { ApiTags } from '@nestjs/swagger';
import { Commands } from '@rookery/application';
import { Audited } from '@rookery/audit';
import { Clock, NotFound } from '@rookery/domain';
import { type Caller, CurrentCaller, Explain, UuidParam } from '@rookery/web';
import { verifyOwner } from '../../model/member';
import { LastOwner, PersonalWorkspace } from '../../model/rejections';
import { Invites } from '../../storage/invites';
import { Members } from '../../storage/members';
import { Workspaces } from '../../storage/workspaces';

@Audited<RemoveMember>('workspaces.remove-member', {
  record: ['userId'],
  subject: ({ workspaceId }) => workspaceId,
})
export class RemoveMember extends Command<void> {
  constructor(
    readonly workspaceId: string,
    readonly callerId: string,
    readonly userId: string,
  ) {
    super();
  }
}

@ApiTags('Workspace members')
@Controller('workspaces')
export class RemoveMemberRoute {
  constructor(private readonly commands: Commands) {}

  @Delete(':id/members/:userId')
  @Explain({
    operationId: 'removeMember',
    summary: 'Remove a member, or leave a workspace',
    description:
      'Owners can remove any member, and every member can remove themselves, except the last owner. The user can no longer see the workspace. Invites that they sent or received before become invalid.',
    ok: { status: 204 },
    rejects: [NotFound, LastOwner, PersonalWorkspace],
  })
  remove(
    @UuidParam() id: string,
    @UuidParam('userId') userId: string,
    @CurrentCaller() caller: Caller,
  ): Promise<void> {
    return this.commands.execute(new RemoveMember(id, caller.userId, userId));
  }
}

@CommandHandler(RemoveMember)
export class RemoveMemberHandler implements ICommandHandler<RemoveMember> {
  constructor(
    private readonly clock: Clock,
    private readonly invites: Invites,
    private readonly members: Members,
    private readonly workspaces: Workspaces,
  ) {}

  async execute({ workspaceId, callerId, userId }: RemoveMember): Promise<void> {
    const { workspace, role } = await this.workspaces.lockAs(callerId, workspaceId);
    const member = await this.members.of(workspaceId, userId);
    const leaves = callerId === userId;
    if (!leaves) verifyOwner(role);
    workspace.verifyShared();
    member.leave(leaves ? 'left' : 'removed', await this.members.otherOwners(workspaceId, userId));
    await this.members.remove(member);
    await this.members.noteRemoval(workspaceId, userId, this.clock.now());
    await this.invites.closeOf(workspaceId, userId);
    await this.invites.closeTo(workspaceId, userId);
    if (leaves) await this.members.noteDeparture(workspaceId, userId);
  }
}
