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
    description: 'How the tags begin. Case-sensitive.',
    example: 'bir',
  })
  prefix = '';

  @Field.integer({
    min: 1,
    max: MAX_TAG_DAYS,
    default: 7,
    description: 'Period: today and the days before it, in UTC.',
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
    summary: 'List the tags of the last days',
    description:
      'Most used first, then by name: the most used ones of each day. Posts are counted within moments, whoever ' +
      'wrote them. While you page, a tag whose number changes may be skipped or repeated.',
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
