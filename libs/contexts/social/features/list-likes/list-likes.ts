import { Controller, Get, Query as QueryString } from '@nestjs/common';
import { type IQueryHandler, Query, QueryHandler } from '@nestjs/cqrs';
import { ApiTags } from '@nestjs/swagger';
import { Queries } from '@rookery/application';
import { NotFound } from '@rookery/domain';
import { type Caller, CurrentCaller, Explain, ListQuery, type Page, UuidParam } from '@rookery/web';
import { LikeView, LikeViews } from '../../views/like';

export class ListLikes extends Query<Page<LikeView>> {
  constructor(
    readonly postId: string,
    readonly viewerId: string,
    readonly page: ListQuery,
  ) {
    super();
  }
}

@ApiTags('Posts')
@Controller('posts')
export class ListLikesRoute {
  constructor(private readonly queries: Queries) {}

  @Get(':id/likes')
  @Explain({
    operationId: 'listLikes',
    summary: 'List the users who like a post',
    description: 'Latest first. Leaves out users who do not exist for you; `likesCount` includes them.',
    ok: { list: LikeView },
    rejects: [NotFound],
  })
  list(
    @UuidParam() id: string,
    @CurrentCaller() { userId }: Caller,
    @QueryString() page: ListQuery,
  ): Promise<Page<LikeView>> {
    return this.queries.execute(new ListLikes(id, userId, page));
  }
}

@QueryHandler(ListLikes)
export class ListLikesHandler implements IQueryHandler<ListLikes> {
  constructor(private readonly likes: LikeViews) {}

  execute({ postId, viewerId, page }: ListLikes): Promise<Page<LikeView>> {
    return this.likes.of(postId, viewerId, page);
  }
}
