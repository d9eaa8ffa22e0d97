import { Injectable } from '@nestjs/common';
import { ApiSchema } from '@nestjs/swagger';
import { Clock } from '@rookery/domain';
import { Sql } from '@rookery/persistence';
import { Field } from '@rookery/web';
import { dateOf } from '../storage/post-tags';

/** Number of most used tags per day that can be listed. */
const MAX_TAGS_PER_DAY = 300;
/** Most used tags of a day that are searched for a prefix, before those that begin with it alphabetically. */
const PREFIX_WALK_MAX = 1_000;

/** A tag and how much it is used. */
@ApiSchema({ name: 'TagUse' })
export class TagView {
  @Field.text({ max: 20, description: 'The tag. Case-sensitive.', example: 'birds' })
  tag: string;

  @Field.integer({ min: 1, description: 'Number of posts with the tag in the period.', example: 42 })
  posts: number;
}

/** Position in the list: number of posts and tag. */
export type TagPosition = readonly [posts: number, tag: string];

/** Position before the first entry. */
export const MOST_USED: TagPosition = [2_147_483_647, ''];

/** Tags of the last days, from the counts per day, so that the cost does not depend on the number of posts. */
@Injectable()
export class Tags {
  constructor(
    private readonly clock: Clock,
    private readonly sql: Sql,
  ) {}

  /**
   * @param prefix of the tags, case-sensitive; empty for all
   * @param days number of days, including today, in UTC
   * @returns most used first, then by name, at most `limit`
   */
  mostUsed(prefix: string, days: number, [posts, tag]: TagPosition, limit: number): Promise<TagView[]> {
    const top = (from: string) =>
      `(SELECT tag FROM ${from} ORDER BY posts DESC, tag LIMIT ${MAX_TAGS_PER_DAY})`;
    const ofDay = (most: number) =>
      `(SELECT tag, posts FROM social.tag_days WHERE day = date.day ORDER BY posts DESC, tag LIMIT ${most}) AS used`;
    const candidates =
      prefix === ''
        ? top(ofDay(MAX_TAGS_PER_DAY))
        : `${top(`${ofDay(PREFIX_WALK_MAX)} WHERE starts_with(tag, $6)`)} UNION ALL
           (SELECT tag FROM social.tag_days
            WHERE day = date.day AND tag ~>=~ $6 AND tag ~<~ ($6 || chr(1114111))
            ORDER BY tag USING ~<~ LIMIT ${MAX_TAGS_PER_DAY})`;
    const now = this.clock.now();
    return this.sql.rows<TagView & Record<string, unknown>>(
      `WITH candidates AS MATERIALIZED (
         SELECT DISTINCT used.tag FROM generate_series($1::date::timestamp, $2::date::timestamp, interval '1 day') AS at
         CROSS JOIN LATERAL (SELECT at::date AS day) AS date CROSS JOIN LATERAL (${candidates}) AS used
       )
       SELECT tag, posts FROM (
         SELECT candidates.tag,
                (SELECT sum(counted.posts)::int FROM social.tag_days counted
                 WHERE counted.tag = candidates.tag AND counted.day BETWEEN $1::date AND $2::date) AS posts
         FROM candidates) AS counted
       WHERE posts < $3 OR posts = $3 AND tag > $4
       ORDER BY posts DESC, tag LIMIT $5`,
      [dateOf(now, days - 1), dateOf(now, 0), posts, tag, limit, ...(prefix === '' ? [] : [prefix])],
    );
  }
}
