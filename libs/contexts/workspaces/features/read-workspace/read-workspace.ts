import { Controller, Get } from '@nestjs/common';
import { type IQueryHandler, Query, QueryHandler } from '@nestjs/cqrs';
import { ApiTags } from '@nestjs/swagger';
import { Queries } from '@rookery/application';
import { NotFound } from '@rookery/domain';
import { type Caller, CurrentCaller, Explain, UuidParam, Versioned } from '@rookery/web';
import { WorkspaceView, WorkspaceViews } from '../../views/workspace';

export class ReadWorkspace extends Query<WorkspaceView> {
  constructor(
    readonly workspaceId: string,
    readonly userId: string,
  ) {
    super();
  }
}

@ApiTags('Workspaces')
@Controller('workspaces')
export class ReadWorkspaceRoute {
  constructor(private readonly queries: Queries) {}

  @Get(':id')
  @Versioned()
  @Explain({
    operationId: 'getWorkspace',
    summary: 'Read a workspace',
    description: 'Everybody in the workspace can do this, including guests. Others get 404.',
    ok: { type: WorkspaceView },
    rejects: [NotFound],
  })
  read(@UuidParam() id: string, @CurrentCaller() { userId }: Caller): Promise<WorkspaceView> {
    return this.queries.execute(new ReadWorkspace(id, userId));
  }
}

@QueryHandler(ReadWorkspace)
export class ReadWorkspaceHandler implements IQueryHandler<ReadWorkspace> {
  constructor(private readonly views: WorkspaceViews) {}

  execute({ workspaceId, userId }: ReadWorkspace): Promise<WorkspaceView> {
    return this.views.get(workspaceId, userId);
  }
}
