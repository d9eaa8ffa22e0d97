import { Controller, Get, Query as QueryString } from '@nestjs/common';
import { type IQueryHandler, Query, QueryHandler } from '@nestjs/cqrs';
import { ApiTags } from '@nestjs/swagger';
import { Queries } from '@rookery/application';
import { Clock } from '@rookery/domain';
import { SearchBulkhead } from '@rookery/persistence';
import { BY_TIME, type Caller, CurrentCaller, Explain, type Page, paged, pagedScan } from '@rookery/web';
import { Explore } from '../../views/explore';
import { PostView } from '../../views/post';
import { assertPeriod, FilteredPostsQuery } from '../../views/post-filters';
import {
  BEST,
  NEAR_MAX,
  PostSearch,
  RANKED,
  type RankedPosition,
  type RankedPost,
} from '../../views/post-search';

export class ListPosts extends Query<Page<PostView>> {
  constructor(
    readonly viewerId: string,
    readonly page: FilteredPostsQuery,
  ) {
    super();
  }
}

@ApiTags('Posts')
@Controller('posts')
export class ListPostsRoute {
  constructor(private readonly queries: Queries) {}

  @Get()
  @Explain({
    operationId: 'listPosts',
    summary: 'List or search posts',
    description: `Newest first. With \`search\`, sorted by relevance, then newest first; words in the title count more. If very many posts match, only the newest ${RANKED} are ranked. For phrases, and for several common words that rarely occur together, the search can be limited to the newest ${NEAR_MAX} posts. Posts published while you read the pages of a search are not included. New tags can be found within moments. If very many posts are hidden from you, a page can hold fewer posts than \`limit\`, or none, and still have a \`nextCursor\`.`,
    ok: { list: PostView },
  })
  list(
    @CurrentCaller() { userId }: Caller,
    @QueryString() page: FilteredPostsQuery,
  ): Promise<Page<PostView>> {
    assertPeriod(page);
    return this.queries.execute(new ListPosts(userId, page));
  }
}

@QueryHandler(ListPosts)
export class ListPostsHandler implements IQueryHandler<ListPosts> {
  constructor(
    private readonly clock: Clock,
    private readonly newest: Explore,
    private readonly posts: PostSearch,
    private readonly searches: SearchBulkhead,
  ) {}

  execute({ viewerId, page }: ListPosts): Promise<Page<PostView>> {
    return page.search === '' ? this.explore(viewerId, page) : this.search(viewerId, page);
  }

  private explore(viewerId: string, query: FilteredPostsQuery): Promise<Page<PostView>> {
    const { tags = [], since, until } = query;
    const list = `posts:${JSON.stringify([tags, since, until])}`;
    return pagedScan(query, list, BY_TIME, (after, limit) => {
      const read = () => this.newest.newest(viewerId, { tags, since, until }, after, limit);
      // The caller determines their cost.
      return tags.length === 0 ? read() : this.searches.run(read);
    });
  }

  private async search(viewerId: string, query: FilteredPostsQuery): Promise<Page<PostView>> {
    const { tags = [], search, since, until } = query;
    const first: readonly [now: string, ...RankedPosition] = [this.clock.now().toISOString(), ...BEST];
    const { data, page } = await paged(
      query,
      `post-search:${JSON.stringify([tags, search, since, until])}`,
      {
        first,
        of: ({ now, rank, post }: RankedPost & { now: string }): typeof first => [
          now,
          rank,
          post.createdAt.toISOString(),
          post.id,
        ],
      },
      async ([now, ...after], limit) => {
        const filters = { tags, search, since, until };
        const found = await this.searches.run(() => this.posts.rank(filters, viewerId, now, after, limit));
        return found.map((ranked) => ({ ...ranked, now }));
      },
    );
    return { data: data.map(({ post }) => post), page };
  }
}
