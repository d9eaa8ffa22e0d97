import { Controller, Get, Query as QueryString } from '@nestjs/common';
import { type IQueryHandler, Query, QueryHandler } from '@nestjs/cqrs';
import { ApiTags } from '@nestjs/swagger';
import { Queries } from '@rookery/application';
import { NotFound } from '@rookery/domain';
import {
  BY_TIME,
  type Caller,
  CurrentCaller,
  Explain,
  ListQuery,
  type Page,
  paged,
  UuidParam,
} from '@rookery/web';
import { CommentView, CommentViews } from '../../views/comment';
import { PostViews } from '../../views/post';

export class ListComments extends Query<Page<CommentView>> {
  constructor(
    readonly postId: string,
    readonly viewerId: string,
    readonly page: ListQuery,
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
    description: 'Newest first.',
    ok: { list: CommentView },
    rejects: [NotFound],
  })
  list(
    @UuidParam() id: string,
    @CurrentCaller() { userId }: Caller,
    @QueryString() page: ListQuery,
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
    return paged(page, `comments:${postId}`, BY_TIME, async (after, limit) => {
      await this.posts.get(postId, viewerId);
      return this.comments.of(postId, viewerId, after, limit);
    });
  }
}
