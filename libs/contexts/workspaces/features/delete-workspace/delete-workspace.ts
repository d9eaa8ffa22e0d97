import { Controller, Delete } from '@nestjs/common';
import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { ApiTags } from '@nestjs/swagger';
import { Commands } from '@rookery/application';
import { Audited } from '@rookery/audit';
import { NotFound } from '@rookery/domain';
import { type Caller, CurrentCaller, Explain, Fresh, UuidParam } from '@rookery/web';
import { verifyOwner } from '../../model/member';
import { PersonalWorkspace } from '../../model/rejections';
import { Invites } from '../../storage/invites';
import { Workspaces } from '../../storage/workspaces';

@Audited('workspaces.delete-workspace')
export class DeleteWorkspace extends Command<void> {
  constructor(
    readonly workspaceId: string,
    readonly callerId: string,
  ) {
    super();
  }
}

@ApiTags('Workspaces')
@Controller('workspaces')
export class DeleteWorkspaceRoute {
  constructor(private readonly commands: Commands) {}

  @Fresh()
  @Delete(':id')
  @Explain({
    operationId: 'deleteWorkspace',
    summary: 'Delete a workspace',
    description:
      'Requires the `owner` role. Deletes everything in the workspace, for all members. A personal workspace is deleted only with its account.',
    ok: { status: 204 },
    rejects: [NotFound, PersonalWorkspace],
  })
  delete(@UuidParam() id: string, @CurrentCaller() { userId }: Caller): Promise<void> {
    return this.commands.execute(new DeleteWorkspace(id, userId));
  }
}

@CommandHandler(DeleteWorkspace)
export class DeleteWorkspaceHandler implements ICommandHandler<DeleteWorkspace> {
  constructor(
    private readonly invites: Invites,
    private readonly workspaces: Workspaces,
  ) {}

  async execute({ workspaceId, callerId }: DeleteWorkspace): Promise<void> {
    const { workspace, role } = await this.workspaces.lockAs(callerId, workspaceId);
    verifyOwner(role);
    workspace.delete();
    await this.invites.closeAll(workspaceId);
    await this.workspaces.remove(workspace);
  }
}
