import { Controller, Get, Query as QueryString } from '@nestjs/common';
import { type IQueryHandler, Query, QueryHandler } from '@nestjs/cqrs';
import { ApiTags } from '@nestjs/swagger';
import { Queries } from '@rookery/application';
import { NotFound } from '@rookery/domain';
import { type Caller, CurrentCaller, Explain, ListQuery, type Page, UuidParam } from '@rookery/web';
import { FollowView, FollowViews } from '../../views/follow';

export class ListFollowers extends Query<Page<FollowView>> {
  constructor(
    readonly userId: string,
    readonly viewerId: string,
    readonly page: ListQuery,
  ) {
    super();
  }
}

export class ListFollowing extends Query<Page<FollowView>> {
  constructor(
    readonly userId: string,
    readonly viewerId: string,
    readonly page: ListQuery,
  ) {
    super();
  }
}

@ApiTags('Relationships')
@Controller('users')
export class ListFollowsRoute {
  constructor(private readonly queries: Queries) {}

  @Get(':id/followers')
  @Explain({
    operationId: 'listFollowers',
    summary: 'List the followers of a user',
    description: 'Latest first. Leaves out users who do not exist for you.',
    ok: { list: FollowView },
    rejects: [NotFound],
  })
  followers(
    @UuidParam() id: string,
    @CurrentCaller() { userId }: Caller,
    @QueryString() page: ListQuery,
  ): Promise<Page<FollowView>> {
    return this.queries.execute(new ListFollowers(id, userId, page));
  }

  @Get(':id/following')
  @Explain({
    operationId: 'listFollowing',
    summary: 'List the users that a user follows',
    description: 'Latest first. Leaves out users who do not exist for you.',
    ok: { list: FollowView },
    rejects: [NotFound],
  })
  following(
    @UuidParam() id: string,
    @CurrentCaller() { userId }: Caller,
    @QueryString() page: ListQuery,
  ): Promise<Page<FollowView>> {
    return this.queries.execute(new ListFollowing(id, userId, page));
  }
}

@QueryHandler(ListFollowers)
export class ListFollowersHandler implements IQueryHandler<ListFollowers> {
  constructor(private readonly follows: FollowViews) {}

  execute({ userId, viewerId, page }: ListFollowers): Promise<Page<FollowView>> {
    return this.follows.followersOf(userId, viewerId, page);
  }
}

@QueryHandler(ListFollowing)
export class ListFollowingHandler implements IQueryHandler<ListFollowing> {
  constructor(private readonly follows: FollowViews) {}

  execute({ userId, viewerId, page }: ListFollowing): Promise<Page<FollowView>> {
    return this.follows.followedBy(userId, viewerId, page);
  }
}
