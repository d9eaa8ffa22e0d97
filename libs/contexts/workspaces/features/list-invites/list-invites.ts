import { Controller, Get, Query as QueryString } from '@nestjs/common';
import { type IQueryHandler, Query, QueryHandler } from '@nestjs/cqrs';
import { ApiTags } from '@nestjs/swagger';
import { Queries } from '@rookery/application';
import { NotFound, Rejection } from '@rookery/domain';
import { type Caller, CurrentCaller, Explain, ListQuery, type Page, UuidParam } from '@rookery/web';
import { verifyOwner } from '../../model/member';
import { StoredMemberships } from '../../services/memberships';
import { InviteView, InviteViews } from '../../views/invite';

export class ListInvites extends Query<Page<InviteView>> {
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
export class ListInvitesRoute {
  constructor(private readonly queries: Queries) {}

  @Get(':id/invites')
  @Explain({
    operationId: 'listInvites',
    summary: 'List the open invites to a workspace',
    description: 'Requires the `owner` role. Newest first.',
    ok: { list: InviteView },
    rejects: [NotFound],
  })
  list(
    @UuidParam() id: string,
    @CurrentCaller() { userId }: Caller,
    @QueryString() page: ListQuery,
  ): Promise<Page<InviteView>> {
    return this.queries.execute(new ListInvites(id, userId, page));
  }
}

@QueryHandler(ListInvites)
export class ListInvitesHandler implements IQueryHandler<ListInvites> {
  constructor(
    private readonly memberships: StoredMemberships,
    private readonly views: InviteViews,
  ) {}

  async execute({ workspaceId, userId, page }: ListInvites): Promise<Page<InviteView>> {
    const role = await this.memberships.roleOf(userId, workspaceId);
    if (!role) throw new Rejection(NotFound);
    verifyOwner(role);
    return this.views.of(workspaceId, page);
  }
}
