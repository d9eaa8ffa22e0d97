import { Controller, Get, Query as QueryString } from '@nestjs/common';
import { type IQueryHandler, Query, QueryHandler } from '@nestjs/cqrs';
import { ApiTags } from '@nestjs/swagger';
import { Queries } from '@rookery/application';
import { positionOf, SearchBulkhead } from '@rookery/persistence';
import { type Caller, CurrentCaller, Explain, Field, type Page, pagedScan } from '@rookery/web';
import { Feed, type FeedFilters } from '../../views/feed';
import { PostView } from '../../views/post';
import { assertPeriod, FilteredPostsQuery } from '../../views/post-filters';

/** Exported, so that it is registered. */
export { ProjectFeed } from './project-feed';

class FeedQuery extends FilteredPostsQuery {
  @Field.oneOf(['asc', 'desc'], {
    default: 'desc',
    description: '`asc`: oldest first. `desc`: newest first.',
  })
  sort: FeedFilters['sort'] = 'desc';
}

export class ReadFeed extends Query<Page<PostView>> {
  constructor(
    readonly viewerId: string,
    readonly query: FeedQuery,
  ) {
    super();
  }
}

@ApiTags('Feed')
@Controller('feed')
export class ReadFeedRoute {
  constructor(private readonly queries: Queries) {}

  @Get()
  @Explain({
    operationId: 'getFeed',
    summary: 'Read your feed',
    description:
      'Returns your posts and the posts of users you follow, except muted users. New posts of others appear within moments. ' +
      'Posts of users you unfollow, mute or block disappear immediately. If only a small part of a long feed matches tags or search, or most of it is by users you have muted, a page can hold fewer posts than `limit`, or none, and still have a `nextCursor`.',
    ok: { list: PostView },
  })
  read(@CurrentCaller() { userId }: Caller, @QueryString() query: FeedQuery): Promise<Page<PostView>> {
    assertPeriod(query);
    return this.queries.execute(new ReadFeed(userId, query));
  }
}

@QueryHandler(ReadFeed)
export class ReadFeedHandler implements IQueryHandler<ReadFeed> {
  constructor(
    private readonly feed: Feed,
    private readonly searches: SearchBulkhead,
  ) {}

  async execute({ viewerId, query }: ReadFeed): Promise<Page<PostView>> {
    const { tags = [], search, since, until, sort } = query;
    const list = `feed:${viewerId}:${JSON.stringify([tags, search, since, until, sort])}`;
    return pagedScan(query, list, { first: undefined, of: positionOf }, (position, limit) => {
      const read = () => this.feed.page(viewerId, { tags, search, since, until, sort }, position, limit);
      // The caller determines their cost.
      return tags.length === 0 && search === '' ? read() : this.searches.run(read);
    });
  }
}
