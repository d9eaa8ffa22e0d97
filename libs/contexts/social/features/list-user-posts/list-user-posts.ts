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
import { Visibility } from '../../storage/visibility';
import { PostView, PostViews } from '../../views/post';

export class ListUserPosts extends Query<Page<PostView>> {
  constructor(
    readonly authorId: string,
    readonly viewerId: string,
    readonly page: ListQuery,
  ) {
    super();
  }
}

@ApiTags('Posts')
@Controller('users')
export class ListUserPostsRoute {
  constructor(private readonly queries: Queries) {}

  @Get(':id/posts')
  @Explain({
    operationId: 'listUserPosts',
    summary: 'List the posts of a user',
    description: 'Newest first. Returns 404 if either user has blocked the other.',
    ok: { list: PostView },
    rejects: [NotFound],
  })
  list(
    @UuidParam() id: string,
    @CurrentCaller() { userId }: Caller,
    @QueryString() page: ListQuery,
  ): Promise<Page<PostView>> {
    return this.queries.execute(new ListUserPosts(id, userId, page));
  }
}

@QueryHandler(ListUserPosts)
export class ListUserPostsHandler implements IQueryHandler<ListUserPosts> {
  constructor(
    private readonly posts: PostViews,
    private readonly visibility: Visibility,
  ) {}

  async execute({ authorId, viewerId, page }: ListUserPosts): Promise<Page<PostView>> {
    return paged(page, `user-posts:${authorId}`, BY_TIME, async (after, limit) => {
      await this.visibility.assertCanRead(viewerId, authorId);
      return this.posts.by(authorId, viewerId, after, limit);
    });
  }
}
