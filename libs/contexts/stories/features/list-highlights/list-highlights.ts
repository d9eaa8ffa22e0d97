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
  Field,
  ListQuery,
  type Page,
  paged,
} from '@rookery/web';
import { Visibility } from '../../storage/visibility';
import { HighlightView, HighlightViews } from '../../views/highlight';

class HighlightsQuery extends ListQuery {
  @Field.uuid({ optional: true, description: 'Id of the user whose highlights to list. Default: you.' })
  userId?: string;
}

export class ListHighlights extends Query<Page<HighlightView>> {
  constructor(
    readonly ownerId: string,
    readonly viewerId: string,
    readonly page: ListQuery,
  ) {
    super();
  }
}

@ApiTags('Highlights')
@Controller('highlights')
export class ListHighlightsRoute {
  constructor(private readonly queries: Queries) {}

  @Get()
  @Explain({
    operationId: 'listHighlights',
    summary: 'List highlights',
    description:
      'Newest first. For another user, lists only highlights with at least one story that you can see.',
    ok: { list: HighlightView },
    rejects: [NotFound],
  })
  list(
    @CurrentCaller() { userId }: Caller,
    @QueryString() query: HighlightsQuery,
  ): Promise<Page<HighlightView>> {
    return this.queries.execute(new ListHighlights(query.userId ?? userId, userId, query));
  }
}

@QueryHandler(ListHighlights)
export class ListHighlightsHandler implements IQueryHandler<ListHighlights> {
  constructor(
    private readonly highlights: HighlightViews,
    private readonly visibility: Visibility,
  ) {}

  execute({ ownerId, viewerId, page }: ListHighlights): Promise<Page<HighlightView>> {
    return paged<HighlightView, readonly [string, string]>(
      page,
      `highlights:${ownerId}`,
      BY_TIME,
      async (after, limit) => {
        const sight = await this.visibility.sightOfAuthor(viewerId, ownerId);
        return this.highlights.of(ownerId, sight, after, limit);
      },
    );
  }
}
