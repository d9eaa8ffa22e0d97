import { Controller, Get, Query as QueryString } from '@nestjs/common';
import { type IQueryHandler, Query, QueryHandler } from '@nestjs/cqrs';
import { ApiTags } from '@nestjs/swagger';
import { Queries } from '@rookery/application';
import { NEWEST, positionOf } from '@rookery/persistence';
import { type Caller, CurrentCaller, Explain, Field, ListQuery, type Page, pagedVisible } from '@rookery/web';
import { type FeedScope, SCOPES, StoryFeed } from '../../views/feed';
import { StoryView } from '../../views/story';

/** Exported, so that it is registered. */
export { ProjectStoryFeed } from './project-story-feed';

class StoryFeedQuery extends ListQuery {
  @Field.oneOf(SCOPES, {
    default: 'all',
    description: '`all`: every story that you can see. `following`: only stories of users you follow.',
  })
  scope: FeedScope = 'all';
}

export class ReadStoryFeed extends Query<Page<StoryView>> {
  constructor(
    readonly viewerId: string,
    readonly query: StoryFeedQuery,
  ) {
    super();
  }
}

@ApiTags('Stories')
@Controller('stories/feed')
export class ReadStoryFeedRoute {
  constructor(private readonly queries: Queries) {}

  @Get()
  @Explain({
    operationId: 'getStoryFeed',
    summary: 'Read your story feed',
    description:
      'Returns all public stories, `friends` stories of users you follow, and your own stories, except those of users you have muted. New `friends` stories appear within moments. If many new stories are hidden from you, a page can hold fewer stories than `limit`, or none, and still have a `nextCursor`.',
    ok: { list: StoryView },
  })
  read(@CurrentCaller() { userId }: Caller, @QueryString() query: StoryFeedQuery): Promise<Page<StoryView>> {
    return this.queries.execute(new ReadStoryFeed(userId, query));
  }
}

@QueryHandler(ReadStoryFeed)
export class ReadStoryFeedHandler implements IQueryHandler<ReadStoryFeed> {
  constructor(private readonly feed: StoryFeed) {}

  execute({ viewerId, query }: ReadStoryFeed): Promise<Page<StoryView>> {
    const { scope } = query;
    return pagedVisible(
      query,
      `story-feed:${viewerId}:${scope}`,
      { first: NEWEST, of: positionOf },
      (after, limit) => this.feed.candidates(viewerId, scope, after, limit),
      (found) => this.feed.visibleOf(viewerId, scope, found),
    );
  }
}
