import { Controller, Get, Query as QueryString } from '@nestjs/common';
import { type IQueryHandler, Query, QueryHandler } from '@nestjs/cqrs';
import { ApiTags } from '@nestjs/swagger';
import { Queries } from '@rookery/application';
import { Explain, Field, type Keyset, ListQuery, type Page, paged } from '@rookery/web';
import { MAX_TAG_DAYS } from '../../storage/post-tags';
import { MOST_USED, type TagPosition, Tags, TagView } from '../../views/tag';

/** Exported, so that they are registered. */
export { FoldTagCounts, ProjectTags } from './project-tags';

class TagQuery extends ListQuery {
  @Field.text({
    min: 0,
    max: 20,
    default: '',
    description: 'Prefix of the tags. Case-sensitive.',
    example: 'bir',
  })
  prefix = '';

  @Field.integer({
    min: 1,
    max: MAX_TAG_DAYS,
    default: 7,
    description: 'Number of days to count, including today, in UTC.',
  })
  days = 7;
}

const BY_USE: Keyset<TagView, TagPosition> = { first: MOST_USED, of: ({ tag, posts }) => [posts, tag] };

export class ListTags extends Query<Page<TagView>> {
  constructor(readonly page: TagQuery) {
    super();
  }
}

@ApiTags('Posts')
@Controller('tags')
export class ListTagsRoute {
  constructor(private readonly queries: Queries) {}

  @Get()
  @Explain({
    operationId: 'listTags',
    summary: 'List the most used tags of the last days',
    description:
      'Most used first, then by name. Considers only the most used tags of each day. Posts of all users are counted, within moments. A tag whose count changes while you read the pages can be skipped or repeated.',
    ok: { list: TagView },
  })
  list(@QueryString() page: TagQuery): Promise<Page<TagView>> {
    return this.queries.execute(new ListTags(page));
  }
}

@QueryHandler(ListTags)
export class ListTagsHandler implements IQueryHandler<ListTags> {
  constructor(private readonly tags: Tags) {}

  execute({ page }: ListTags): Promise<Page<TagView>> {
    const { prefix, days } = page;
    return paged(page, `tags:${JSON.stringify([prefix, days])}`, BY_USE, (after, limit) =>
      this.tags.mostUsed(prefix, days, after, limit),
    );
  }
}
