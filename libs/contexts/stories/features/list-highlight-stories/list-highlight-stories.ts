import { Controller, Get } from '@nestjs/common';
import { type IQueryHandler, Query, QueryHandler } from '@nestjs/cqrs';
import { ApiTags } from '@nestjs/swagger';
import { Queries } from '@rookery/application';
import { NotFound, Rejection } from '@rookery/domain';
import { type Caller, CurrentCaller, Explain, type Page, UuidParam } from '@rookery/web';
import { Visibility } from '../../storage/visibility';
import { HighlightViews } from '../../views/highlight';
import { StoryReader, StoryView } from '../../views/story';

export class ListHighlightStories extends Query<Page<StoryView>> {
  constructor(
    readonly highlightId: string,
    readonly viewerId: string,
  ) {
    super();
  }
}

@ApiTags('Highlights')
@Controller('highlights')
export class ListHighlightStoriesRoute {
  constructor(private readonly queries: Queries) {}

  @Get(':id/stories')
  @Explain({
    operationId: 'listHighlightStories',
    summary: 'List the stories of a highlight',
    description:
      'Returns the stories that you can see, in the order set by the owner, on one page. Returns 404 if you can see none of them.',
    ok: { list: StoryView },
    rejects: [NotFound],
  })
  list(@UuidParam() id: string, @CurrentCaller() { userId }: Caller): Promise<Page<StoryView>> {
    return this.queries.execute(new ListHighlightStories(id, userId));
  }
}

@QueryHandler(ListHighlightStories)
export class ListHighlightStoriesHandler implements IQueryHandler<ListHighlightStories> {
  constructor(
    private readonly highlights: HighlightViews,
    private readonly stories: StoryReader,
    private readonly visibility: Visibility,
  ) {}

  async execute({ highlightId, viewerId }: ListHighlightStories): Promise<Page<StoryView>> {
    const { ownerId, storyIds } = await this.highlights.contentOf(highlightId);
    const sight = await this.visibility.sightOfAuthor(viewerId, ownerId);
    const data = await this.stories.among(sight, storyIds);
    if (data.length === 0 && ownerId !== viewerId) throw new Rejection(NotFound);
    return { data, page: { nextCursor: null } };
  }
}
