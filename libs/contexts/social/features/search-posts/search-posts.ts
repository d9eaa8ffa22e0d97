import { Controller, Get, Query as QueryString } from '@nestjs/common';
import { type IQueryHandler, Query, QueryHandler } from '@nestjs/cqrs';
import { ApiTags } from '@nestjs/swagger';
import { Queries } from '@rookery/application';
import { Clock } from '@rookery/domain';
import { SearchBulkhead } from '@rookery/persistence';
import { type Caller, CurrentCaller, Explain, Field, ListQuery, type Page, paged } from '@rookery/web';
import { PostView } from '../../views/post';
import { BEST, PostSearch, RANKED, type RankedPosition, type RankedPost } from '../../views/post-search';

class PostSearchQuery extends ListQuery {
  @Field.text({
    max: 100,
    trim: true,
    description: 'All words must occur, not case-sensitive. Supports "a phrase", or, and -without.',
    example: '"first swifts" or swallows -photo',
  })
  search: string;
}

export class SearchPosts extends Query<Page<PostView>> {
  constructor(
    readonly viewerId: string,
    readonly page: PostSearchQuery,
  ) {
    super();
  }
}

@ApiTags('Posts')
@Controller('posts')
export class SearchPostsRoute {
  constructor(private readonly queries: Queries) {}

  @Get()
  @Explain({
    operationId: 'searchPosts',
    summary: 'Search posts',
    description:
      `Best match first, then newest. A word in the title counts more. If very many posts match, the newest ${RANKED} are ` +
      'ranked. Posts published while you read the pages are not included.',
    ok: { list: PostView },
  })
  search(@CurrentCaller() { userId }: Caller, @QueryString() page: PostSearchQuery): Promise<Page<PostView>> {
    return this.queries.execute(new SearchPosts(userId, page));
  }
}

@QueryHandler(SearchPosts)
export class SearchPostsHandler implements IQueryHandler<SearchPosts> {
  constructor(
    private readonly clock: Clock,
    private readonly posts: PostSearch,
    private readonly searches: SearchBulkhead,
  ) {}

  async execute({ viewerId, page: query }: SearchPosts): Promise<Page<PostView>> {
    const { search } = query;
    const first: readonly [until: string, ...RankedPosition] = [this.clock.now().toISOString(), ...BEST];
    const { data, page } = await paged(
      query,
      `post-search:${search}`,
      {
        first,
        of: ({ until, rank, post }: RankedPost & { until: string }): typeof first => [
          until,
          rank,
          post.createdAt.toISOString(),
          post.id,
        ],
      },
      async ([until, ...after], limit) => {
        const found = await this.searches.run(() => this.posts.rank(search, viewerId, until, after, limit));
        return found.map((ranked) => ({ ...ranked, until }));
      },
    );
    return { data: data.map(({ post }) => post), page };
  }
}
