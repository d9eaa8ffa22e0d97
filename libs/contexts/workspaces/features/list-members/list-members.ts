import { Controller, Get, Query as QueryString } from '@nestjs/common';
import { type IQueryHandler, Query, QueryHandler } from '@nestjs/cqrs';
import { ApiTags } from '@nestjs/swagger';
import { Queries } from '@rookery/application';
import { NotFound, Rejection } from '@rookery/domain';
import { type Caller, CurrentCaller, Explain, ListQuery, type Page, UuidParam } from '@rookery/web';
import { StoredMemberships } from '../../services/memberships';
import { MemberView, MemberViews } from '../../views/member';

export class ListMembers extends Query<Page<MemberView>> {
  constructor(
    readonly workspaceId: string,
    readonly userId: string,
    readonly page: ListQuery,
  ) {
    super();
  }
}

@ApiTags('Workspace members')
@Controller('workspaces')
export class ListMembersRoute {
  constructor(private readonly queries: Queries) {}

  @Get(':id/members')
  @Explain({
    operationId: 'listMembers',
    summary: 'List the members of a workspace',
    description:
      'Everybody in the workspace can do this, including guests. The latest to join come first. The list includes members whom you have blocked or who have blocked you.',
    ok: { list: MemberView },
    rejects: [NotFound],
  })
  list(
    @UuidParam() id: string,
    @CurrentCaller() { userId }: Caller,
    @QueryString() page: ListQuery,
  ): Promise<Page<MemberView>> {
    return this.queries.execute(new ListMembers(id, userId, page));
  }
}

@QueryHandler(ListMembers)
export class ListMembersHandler implements IQueryHandler<ListMembers> {
  constructor(
    private readonly memberships: StoredMemberships,
    private readonly views: MemberViews,
  ) {}

  async execute({ workspaceId, userId, page }: ListMembers): Promise<Page<MemberView>> {
    if (!(await this.memberships.roleOf(userId, workspaceId))) throw new Rejection(NotFound);
    return this.views.of(workspaceId, page);
  }
}
