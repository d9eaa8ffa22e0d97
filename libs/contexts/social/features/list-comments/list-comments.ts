import { Controller, Get, Query as QueryString } from '@nestjs/common';
import { type IQueryHandler, Query, QueryHandler } from '@nestjs/cqrs';
import { ApiTags } from '@nestjs/swagger';
import { Queries } from '@rookery/application';
import { NotFound } from '@rookery/domain';
import { NEWEST, OLDEST, positionOf } from '@rookery/persistence';
import {
  type Caller,
  CurrentCaller,
  Explain,
  Field,
  ListQuery,
  type Page,
  paged,
  UuidParam,
} from '@rookery/web';
import { type CommentOrder, CommentView, CommentViews } from '../../views/comment';
import { PostViews } from '../../views/post';

class CommentsQuery extends ListQuery {
  @Field.oneOf(['asc', 'desc'], {
    default: 'desc',
    description: '`asc`: oldest first. `desc`: newest first.',
  })
  sort: CommentOrder = 'desc';
}

export class ListComments extends Query<Page<CommentView>> {
  constructor(
    readonly postId: string,
    readonly viewerId: string,
    readonly page: CommentsQuery,
  ) {
    super();
  }
}

@ApiTags('Comments')
@Controller('posts')
export class ListCommentsRoute {
  constructor(private readonly queries: Queries) {}

  @Get(':id/comments')
  @Explain({
    operationId: 'listComments',
    summary: 'List the comments of a post',
    description:
      'Newest first, or oldest first with `sort=asc`. A cursor is valid only for the sort order it was issued for.',
    ok: { list: CommentView },
    rejects: [NotFound],
  })
  list(
    @UuidParam() id: string,
    @CurrentCaller() { userId }: Caller,
    @QueryString() page: CommentsQuery,
  ): Promise<Page<CommentView>> {
    return this.queries.execute(new ListComments(id, userId, page));
  }
}

@QueryHandler(ListComments)
export class ListCommentsHandler implements IQueryHandler<ListComments> {
  constructor(
    private readonly comments: CommentViews,
    private readonly posts: PostViews,
  ) {}

  async execute({ postId, viewerId, page }: ListComments): Promise<Page<CommentView>> {
    const { sort } = page;
    const keyset = { first: sort === 'asc' ? OLDEST : NEWEST, of: positionOf };
    return paged(page, `comments:${postId}:${sort}`, keyset, async (after, limit) => {
      await this.posts.verify(postId, viewerId);
      return this.comments.of(postId, viewerId, sort, after, limit);
    });
  }
}
