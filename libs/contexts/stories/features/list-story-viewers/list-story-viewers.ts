import { Controller, Get, Query as QueryString } from '@nestjs/common';
import { type IQueryHandler, Query, QueryHandler } from '@nestjs/cqrs';
import { ApiTags } from '@nestjs/swagger';
import { Queries } from '@rookery/application';
import { NotFound, Rejection } from '@rookery/domain';
import { type Caller, CurrentCaller, Explain, ListQuery, type Page, UuidParam } from '@rookery/web';
import { Visibility } from '../../storage/visibility';
import { StoryViewers, StoryViewerView } from '../../views/viewer';

export class ListStoryViewers extends Query<Page<StoryViewerView>> {
  constructor(
    readonly storyId: string,
    readonly userId: string,
    readonly page: ListQuery,
  ) {
    super();
  }
}

@ApiTags('Stories')
@Controller('stories')
export class ListStoryViewersRoute {
  constructor(private readonly queries: Queries) {}

  @Get(':id/viewers')
  @Explain({
    operationId: 'listStoryViewers',
    summary: 'List the users who viewed your story',
    description:
      'Latest first. Only the author can list them. Leaves out users who do not exist for you; `viewsCount` includes them.',
    ok: { list: StoryViewerView },
    rejects: [NotFound],
  })
  list(
    @UuidParam() id: string,
    @CurrentCaller() { userId }: Caller,
    @QueryString() page: ListQuery,
  ): Promise<Page<StoryViewerView>> {
    return this.queries.execute(new ListStoryViewers(id, userId, page));
  }
}

@QueryHandler(ListStoryViewers)
export class ListStoryViewersHandler implements IQueryHandler<ListStoryViewers> {
  constructor(
    private readonly viewers: StoryViewers,
    private readonly visibility: Visibility,
  ) {}

  async execute({ storyId, userId, page }: ListStoryViewers): Promise<Page<StoryViewerView>> {
    const { authorId } = await this.visibility.assertVisible(storyId, userId);
    if (authorId !== userId) throw new Rejection(NotFound);
    return this.viewers.of(storyId, authorId, page);
  }
}
