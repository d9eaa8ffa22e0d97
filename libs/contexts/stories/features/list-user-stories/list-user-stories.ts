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
import { StoryReader, StoryView } from '../../views/story';

export class ListUserStories extends Query<Page<StoryView>> {
  constructor(
    readonly authorId: string,
    readonly viewerId: string,
    readonly page: ListQuery,
  ) {
    super();
  }
}

@ApiTags('Stories')
@Controller('users')
export class ListUserStoriesRoute {
  constructor(private readonly queries: Queries) {}

  @Get(':id/stories')
  @Explain({
    operationId: 'listUserStories',
    summary: 'List the stories of a user',
    description: 'Returns the stories that have not expired and that you can see, newest first.',
    ok: { list: StoryView },
    rejects: [NotFound],
  })
  list(
    @UuidParam() id: string,
    @CurrentCaller() { userId }: Caller,
    @QueryString() page: ListQuery,
  ): Promise<Page<StoryView>> {
    return this.queries.execute(new ListUserStories(id, userId, page));
  }
}

@QueryHandler(ListUserStories)
export class ListUserStoriesHandler implements IQueryHandler<ListUserStories> {
  constructor(
    private readonly stories: StoryReader,
    private readonly visibility: Visibility,
  ) {}

  execute({ authorId, viewerId, page }: ListUserStories): Promise<Page<StoryView>> {
    return paged(page, `user-stories:${authorId}`, BY_TIME, async (after, limit) => {
      const sight = await this.visibility.sightOfAuthor(viewerId, authorId);
      return this.stories.by(authorId, sight, after, limit);
    });
  }
}
