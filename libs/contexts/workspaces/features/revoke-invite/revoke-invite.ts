import { Controller, Delete } from '@nestjs/common';
import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { ApiTags } from '@nestjs/swagger';
import { Commands } from '@rookery/application';
import { Audited } from '@rookery/audit';
import { Clock, NotFound } from '@rookery/domain';
import { type Caller, CurrentCaller, Explain, UuidParam } from '@rookery/web';
import { verifyOwner } from '../../model/member';
import { Invites } from '../../storage/invites';
import { Workspaces } from '../../storage/workspaces';

@Audited<RevokeInvite>('workspaces.revoke-invite', { subject: ({ workspaceId }) => workspaceId })
export class RevokeInvite extends Command<void> {
  constructor(
    readonly workspaceId: string,
    readonly callerId: string,
    readonly inviteId: string,
  ) {
    super();
  }
}

@ApiTags('Workspace members')
@Controller('workspaces')
export class RevokeInviteRoute {
  constructor(private readonly commands: Commands) {}

  @Delete(':id/invites/:inviteId')
  @Explain({
    operationId: 'revokeInvite',
    summary: 'Revoke an invite',
    description: 'Requires the `owner` role. Its link stops working.',
    ok: { status: 204 },
    rejects: [NotFound],
  })
  revoke(
    @UuidParam() id: string,
    @UuidParam('inviteId') inviteId: string,
    @CurrentCaller() { userId }: Caller,
  ): Promise<void> {
    return this.commands.execute(new RevokeInvite(id, userId, inviteId));
  }
}

@CommandHandler(RevokeInvite)
export class RevokeInviteHandler implements ICommandHandler<RevokeInvite> {
  constructor(
    private readonly clock: Clock,
    private readonly invites: Invites,
    private readonly workspaces: Workspaces,
  ) {}

  async execute({ workspaceId, callerId, inviteId }: RevokeInvite): Promise<void> {
    const { role } = await this.workspaces.lockAs(callerId, workspaceId);
    verifyOwner(role);
    const now = this.clock.now();
    const invite = await this.invites.openOf(workspaceId, inviteId, now);
    invite.revoke(now);
    await this.invites.save(invite);
  }
}
