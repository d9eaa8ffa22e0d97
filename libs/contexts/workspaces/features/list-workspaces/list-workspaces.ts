import { Controller, Get, Query as QueryString } from '@nestjs/common';
import { type IQueryHandler, Query, QueryHandler } from '@nestjs/cqrs';
import { ApiTags } from '@nestjs/swagger';
import { Queries } from '@rookery/application';
import { type Caller, CurrentCaller, Explain, ListQuery, type Page } from '@rookery/web';
import { PersonalWorkspaces } from '../../services/personal-workspaces';
import { WorkspaceView, WorkspaceViews } from '../../views/workspace';

export class ListWorkspaces extends Query<Page<WorkspaceView>> {
  constructor(
    readonly userId: string,
    readonly page: ListQuery,
  ) {
    super();
  }
}

@ApiTags('Workspaces')
@Controller('workspaces')
export class ListWorkspacesRoute {
  constructor(private readonly queries: Queries) {}

  @Get()
  @Explain({
    operationId: 'listWorkspaces',
    summary: 'List your workspaces',
    description: 'The workspaces you joined last come first. One of them is your personal workspace.',
    ok: { list: WorkspaceView },
  })
  list(@CurrentCaller() { userId }: Caller, @QueryString() page: ListQuery): Promise<Page<WorkspaceView>> {
    return this.queries.execute(new ListWorkspaces(userId, page));
  }
}

@QueryHandler(ListWorkspaces)
export class ListWorkspacesHandler implements IQueryHandler<ListWorkspaces> {
  constructor(
    private readonly personal: PersonalWorkspaces,
    private readonly views: WorkspaceViews,
  ) {}

  /** Creates the personal workspace of the user if the worker has not created it yet. */
  async execute({ userId, page }: ListWorkspaces): Promise<Page<WorkspaceView>> {
    await this.personal.of(userId);
    return this.views.of(userId, page);
  }
}
