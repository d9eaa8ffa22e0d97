import { Body, Controller, Patch } from '@nestjs/common';
import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { ApiTags } from '@nestjs/swagger';
import { Commands } from '@rookery/application';
import { Audited } from '@rookery/audit';
import { assertVersion, Clock, type ExpectedVersion, NotFound } from '@rookery/domain';
import { type Caller, CurrentCaller, Explain, Field, IfMatch, UuidParam, Versioned } from '@rookery/web';
import { verifyOwner } from '../../model/member';
import type { WorkspaceDraft } from '../../model/workspace';
import { Workspaces } from '../../storage/workspaces';
import { WORKSPACE, WorkspaceView, WorkspaceViews } from '../../views/workspace';

class WorkspaceUpdate {
  @Field.name({ ...WORKSPACE.name, optional: true })
  name?: string;

  @Field.text({ ...WORKSPACE.description, nullable: true, optional: true })
  description?: string | null;
}

@Audited('workspaces.update-workspace')
export class UpdateWorkspace extends Command<WorkspaceView> {
  constructor(
    readonly workspaceId: string,
    readonly callerId: string,
    readonly changes: Partial<WorkspaceDraft>,
    readonly expectedVersion: ExpectedVersion,
  ) {
    super();
  }
}

@ApiTags('Workspaces')
@Controller('workspaces')
export class UpdateWorkspaceRoute {
  constructor(private readonly commands: Commands) {}

  @Patch(':id')
  @Versioned()
  @Explain({
    operationId: 'updateWorkspace',
    summary: 'Change a workspace',
    description:
      'Requires the `owner` role. Fields that are left out do not change. A body that changes nothing creates no new version.',
    ok: { type: WorkspaceView },
    rejects: [NotFound],
  })
  update(
    @UuidParam() id: string,
    @CurrentCaller() { userId }: Caller,
    @IfMatch() expectedVersion: ExpectedVersion,
    @Body() changes: WorkspaceUpdate,
  ): Promise<WorkspaceView> {
    return this.commands.execute(new UpdateWorkspace(id, userId, changes, expectedVersion));
  }
}

@CommandHandler(UpdateWorkspace)
export class UpdateWorkspaceHandler implements ICommandHandler<UpdateWorkspace> {
  constructor(
    private readonly clock: Clock,
    private readonly views: WorkspaceViews,
    private readonly workspaces: Workspaces,
  ) {}

  async execute({
    workspaceId,
    callerId,
    changes,
    expectedVersion,
  }: UpdateWorkspace): Promise<WorkspaceView> {
    const { workspace, role } = await this.workspaces.lockAs(callerId, workspaceId);
    verifyOwner(role);
    assertVersion(workspace.version, expectedVersion);
    if (workspace.update(changes, this.clock.now())) await this.workspaces.save(workspace);
    return this.views.get(workspaceId, callerId);
  }
}
