import { Controller, Get, Query as QueryString } from '@nestjs/common';
import { type IQueryHandler, Query, QueryHandler } from '@nestjs/cqrs';
import { ApiTags } from '@nestjs/swagger';
import { Queries } from '@rookery/application';
import { NotFound } from '@rookery/domain';
import { type Caller, CurrentCaller, Explain, ListQuery, type Page, UuidParam } from '@rookery/web';
import { Visibility } from '../../storage/visibility';
import { ReplyView, ReplyViews } from '../../views/reply';

export class ListReplies extends Query<Page<ReplyView>> {
  constructor(
    readonly storyId: string,
    readonly viewerId: string,
    readonly page: ListQuery,
  ) {
    super();
  }
}

@ApiTags('Stories')
@Controller('stories')
export class ListRepliesRoute {
  constructor(private readonly queries: Queries) {}

  @Get(':id/replies')
  @Explain({
    operationId: 'listReplies',
    summary: 'List the replies to a story',
    description: 'Newest first. Everybody who can see the story can list its replies.',
    ok: { list: ReplyView },
    rejects: [NotFound],
  })
  list(
    @UuidParam() id: string,
    @CurrentCaller() { userId }: Caller,
    @QueryString() page: ListQuery,
  ): Promise<Page<ReplyView>> {
    return this.queries.execute(new ListReplies(id, userId, page));
  }
}

@QueryHandler(ListReplies)
export class ListRepliesHandler implements IQueryHandler<ListReplies> {
  constructor(
    private readonly replies: ReplyViews,
    private readonly visibility: Visibility,
  ) {}

  async execute({ storyId, viewerId, page }: ListReplies): Promise<Page<ReplyView>> {
    await this.visibility.assertVisible(storyId, viewerId);
    return this.replies.of(storyId, viewerId, page);
  }
}
