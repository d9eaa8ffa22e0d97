import { Controller, Get, Query as QueryString } from '@nestjs/common';
import { type IQueryHandler, Query, QueryHandler } from '@nestjs/cqrs';
import { ApiTags } from '@nestjs/swagger';
import { Queries } from '@rookery/application';
import { NotFound, Rejection } from '@rookery/domain';
import { type Caller, CurrentCaller, Explain, ListQuery, type Page, UuidParam } from '@rookery/web';
import { StoredMemberships } from '../../services/memberships';
import { TagView, TagViews } from '../../views/tag';

export class ListWorkspaceTags extends Query<Page<TagView>> {
  constructor(
    readonly workspaceId: string,
    readonly userId: string,
    readonly page: ListQuery,
  ) {
    super();
  }
}

@ApiTags('Workspace tags')
@Controller('workspaces')
export class ListWorkspaceTagsRoute {
  constructor(private readonly queries: Queries) {}

  @Get(':id/tags')
  @Explain({
    operationId: 'listWorkspaceTags',
    summary: 'List the tags of a workspace',
    description: 'Everybody in the workspace can do this, including guests. Newest first.',
    ok: { list: TagView },
    rejects: [NotFound],
  })
  list(
    @UuidParam() id: string,
    @CurrentCaller() { userId }: Caller,
    @QueryString() page: ListQuery,
  ): Promise<Page<TagView>> {
    return this.queries.execute(new ListWorkspaceTags(id, userId, page));
  }
}

@QueryHandler(ListWorkspaceTags)
export class ListWorkspaceTagsHandler implements IQueryHandler<ListWorkspaceTags> {
  constructor(
    private readonly memberships: StoredMemberships,
    private readonly views: TagViews,
  ) {}

  async execute({ workspaceId, userId, page }: ListWorkspaceTags): Promise<Page<TagView>> {
    if (!(await this.memberships.roleOf(userId, workspaceId))) throw new Rejection(NotFound);
    return this.views.of(workspaceId, page);
  }
}
