import { Controller, Get, Query as QueryString } from '@nestjs/common';
import { type IQueryHandler, Query, QueryHandler } from '@nestjs/cqrs';
import { ApiTags } from '@nestjs/swagger';
import { Queries } from '@rookery/application';
import { type Caller, CurrentCaller, Explain, ListQuery, type Page } from '@rookery/web';
import { BlockedUserView, ExcludedUserViews, MutedUserView } from '../../views/excluded';

export class ListBlocked extends Query<Page<BlockedUserView>> {
  constructor(
    readonly userId: string,
    readonly page: ListQuery,
  ) {
    super();
  }
}

export class ListMuted extends Query<Page<MutedUserView>> {
  constructor(
    readonly userId: string,
    readonly page: ListQuery,
  ) {
    super();
  }
}

@ApiTags('Relationships')
@Controller('me')
export class ListBlocksAndMutesRoute {
  constructor(private readonly queries: Queries) {}

  @Get('blocks')
  @Explain({
    operationId: 'listBlocked',
    summary: 'List the users you have blocked',
    description:
      'Latest first. Includes users who do not exist for you, without their names, so that you can unblock them by id.',
    ok: { list: BlockedUserView },
  })
  blocked(
    @CurrentCaller() { userId }: Caller,
    @QueryString() page: ListQuery,
  ): Promise<Page<BlockedUserView>> {
    return this.queries.execute(new ListBlocked(userId, page));
  }

  @Get('mutes')
  @Explain({
    operationId: 'listMuted',
    summary: 'List the users you have muted',
    description:
      'Latest first. Includes users who do not exist for you, without their names, so that you can unmute them by id.',
    ok: { list: MutedUserView },
  })
  muted(@CurrentCaller() { userId }: Caller, @QueryString() page: ListQuery): Promise<Page<MutedUserView>> {
    return this.queries.execute(new ListMuted(userId, page));
  }
}

@QueryHandler(ListBlocked)
export class ListBlockedHandler implements IQueryHandler<ListBlocked> {
  constructor(private readonly excluded: ExcludedUserViews) {}

  execute({ userId, page }: ListBlocked): Promise<Page<BlockedUserView>> {
    return this.excluded.blockedBy(userId, page);
  }
}

@QueryHandler(ListMuted)
export class ListMutedHandler implements IQueryHandler<ListMuted> {
  constructor(private readonly excluded: ExcludedUserViews) {}

  execute({ userId, page }: ListMuted): Promise<Page<MutedUserView>> {
    return this.excluded.mutedBy(userId, page);
  }
}
