import { Controller, Get } from '@nestjs/common';
import { type IQueryHandler, Query, QueryHandler } from '@nestjs/cqrs';
import { ApiTags } from '@nestjs/swagger';
import { Queries } from '@rookery/application';
import { NotFound } from '@rookery/domain';
import { type Caller, CurrentCaller, Explain, UuidParam, Versioned } from '@rookery/web';
import { CommentView, CommentViews } from '../../views/comment';

export class ReadComment extends Query<CommentView> {
  constructor(
    readonly commentId: string,
    readonly viewerId: string,
  ) {
    super();
  }
}

@ApiTags('Comments')
@Controller('comments')
export class ReadCommentRoute {
  constructor(private readonly queries: Queries) {}

  @Get(':id')
  @Versioned()
  @Explain({
    operationId: 'getComment',
    summary: 'Read a comment',
    description: 'You must be able to read the comment and its post.',
    ok: { type: CommentView },
    rejects: [NotFound],
  })
  read(@UuidParam() id: string, @CurrentCaller() { userId }: Caller): Promise<CommentView> {
    return this.queries.execute(new ReadComment(id, userId));
  }
}

@QueryHandler(ReadComment)
export class ReadCommentHandler implements IQueryHandler<ReadComment> {
  constructor(private readonly comments: CommentViews) {}

  execute({ commentId, viewerId }: ReadComment): Promise<CommentView> {
    return this.comments.get(commentId, viewerId);
  }
}
