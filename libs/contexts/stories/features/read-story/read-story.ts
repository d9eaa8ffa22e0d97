import { Controller, Get } from '@nestjs/common';
import { type IQueryHandler, Query, QueryHandler } from '@nestjs/cqrs';
import { ApiTags } from '@nestjs/swagger';
import { Queries } from '@rookery/application';
import { NotFound } from '@rookery/domain';
import { type Caller, CurrentCaller, Explain, UuidParam } from '@rookery/web';
import { StoryReader, StoryView } from '../../views/story';

export class ReadStory extends Query<StoryView> {
  constructor(
    readonly storyId: string,
    readonly viewerId: string,
  ) {
    super();
  }
}

@ApiTags('Stories')
@Controller('stories')
export class ReadStoryRoute {
  constructor(private readonly queries: Queries) {}

  @Get(':id')
  @Explain({
    operationId: 'getStory',
    summary: 'Read a story',
    description:
      'Does not count as a view. Returns 404 once the story has expired, unless it is in a highlight.',
    ok: { type: StoryView },
    rejects: [NotFound],
  })
  read(@UuidParam() id: string, @CurrentCaller() { userId }: Caller): Promise<StoryView> {
    return this.queries.execute(new ReadStory(id, userId));
  }
}

@QueryHandler(ReadStory)
export class ReadStoryHandler implements IQueryHandler<ReadStory> {
  constructor(private readonly stories: StoryReader) {}

  execute({ storyId, viewerId }: ReadStory): Promise<StoryView> {
    return this.stories.get(storyId, viewerId);
  }
}
