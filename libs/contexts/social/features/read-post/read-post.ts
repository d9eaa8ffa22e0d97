import { Controller, Get } from '@nestjs/common';
import { type IQueryHandler, Query, QueryHandler } from '@nestjs/cqrs';
import { ApiTags } from '@nestjs/swagger';
import { Queries } from '@rookery/application';
import { NotFound } from '@rookery/domain';
import { type Caller, CurrentCaller, Explain, UuidParam, Versioned } from '@rookery/web';
import { PostView, PostViews } from '../../views/post';

export class ReadPost extends Query<PostView> {
  constructor(
    readonly postId: string,
    readonly viewerId: string,
  ) {
    super();
  }
}

@ApiTags('Posts')
@Controller('posts')
export class ReadPostRoute {
  constructor(private readonly queries: Queries) {}

  @Get(':id')
  @Versioned()
  @Explain({
    operationId: 'getPost',
    summary: 'Read a post',
    description:
      '`version` covers title, text and tags. The ETag covers the whole response, including the number of comments and the names.',
    ok: { type: PostView },
    rejects: [NotFound],
  })
  read(@UuidParam() id: string, @CurrentCaller() { userId }: Caller): Promise<PostView> {
    return this.queries.execute(new ReadPost(id, userId));
  }
}

@QueryHandler(ReadPost)
export class ReadPostHandler implements IQueryHandler<ReadPost> {
  constructor(private readonly posts: PostViews) {}

  execute({ postId, viewerId }: ReadPost): Promise<PostView> {
    return this.posts.get(postId, viewerId);
  }
}
