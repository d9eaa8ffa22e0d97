import { FieldError, Rules } from '@rookery/domain';
import { Field, Item, ListQuery, refused } from '@rookery/web';
import { POST } from './post';

/** Which posts a list contains. */
export interface PostFilters {
  /** Posts with any of these tags; empty: no filter. */
  tags: readonly string[];
  /** Search text in web search syntax; empty: no filter. */
  search: string;
  /** RFC 3339 timestamp, inclusive. */
  since?: string;
  /** RFC 3339 timestamp, inclusive. */
  until?: string;
}

/** Query parameters of a list of posts with {@link PostFilters}. */
export class FilteredPostsQuery extends ListQuery {
  @Field.list(Item.text(POST.tag), { max: 5, optional: true, description: 'Posts with any of these tags.' })
  tags?: string[];

  @Field.text({
    min: 0,
    max: 100,
    trim: true,
    default: '',
    description: 'Words in title or text, not case-sensitive. Supports "a phrase", a or b, and -without.',
    example: 'swifts -common',
  })
  search = '';

  @Field.dateTime({ optional: true, description: 'Posts published at or after this time.' })
  since?: string;

  @Field.dateTime({ optional: true, description: 'Posts published at or before this time.' })
  until?: string;
}

/** @throws RequestRefused `request.invalid` if the period ends before it begins */
export function assertPeriod({ since, until }: Pick<PostFilters, 'since' | 'until'>): void {
  if (since === undefined || until === undefined || Date.parse(since) <= Date.parse(until)) return;
  const message = 'since must not be later than until.';
  throw refused([FieldError.of(Rules.range, 'since', { max: until }, message)]);
}
