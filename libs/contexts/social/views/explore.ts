import { Injectable } from '@nestjs/common';
import { type Position, Sql } from '@rookery/persistence';
import { reads } from '../storage/visibility';
import { postColumns, postOf, type PostRow, type PostView } from './post';
import type { PostFilters } from './post-filters';

/**
 * The newest posts of everybody. A page costs the same whatever the number of posts: it is a range of an index, by time,
 * or by tag and time.
 */
@Injectable()
export class Explore {
  constructor(private readonly sql: Sql) {}

  /**
   * @param filters without the search
   * @returns the posts after a position that the viewer may read, newest first, at most `limit`
   */
  async newest(
    viewerId: string,
    { tags, since, until }: Omit<PostFilters, 'search'>,
    position: Position,
    limit: number,
  ): Promise<PostView[]> {
    const values: unknown[] = [viewerId, limit, ...position];
    const bounds = [`(created_at, id) < ($3::timestamptz, $4::uuid)`];
    if (since !== undefined) bounds.push(`created_at >= $${values.push(since)}::timestamptz`);
    if (until !== undefined) bounds.push(`created_at <= $${values.push(until)}::timestamptz`);
    const ids = tags.length === 0 ? newestOf(bounds) : newestTagged(bounds, `$${values.push(tags)}::text[]`);
    const rows = await this.sql.rows<PostRow>(
      `WITH page AS MATERIALIZED (${ids})
       SELECT ${postColumns('$1')} FROM page
       CROSS JOIN LATERAL (SELECT * FROM social.posts WHERE id = page.id OFFSET 0) AS post
       CROSS JOIN LATERAL (SELECT * FROM social.people WHERE id = post.author_id OFFSET 0) AS author
       ORDER BY page.created_at DESC, page.id DESC`,
      values,
    );
    return rows.map(postOf);
  }
}

/** Scalar subqueries, so that they are evaluated row by row until the page is full. */
const visible = (author: string) =>
  `(SELECT person.active AND ${reads('$1::uuid', 'person.id')} FROM social.people person WHERE person.id = ${author})`;

function newestOf(bounds: readonly string[]): string {
  return `SELECT created_at, id FROM social.posts
    WHERE ${bounds.join(' AND ')} AND ${visible('author_id')}
    ORDER BY created_at DESC, id DESC LIMIT $2`;
}

/** The tags' rows may be older or newer than the post: it is looked at. */
function newestTagged(bounds: readonly string[], tags: string): string {
  const current = `(SELECT ${visible('post.author_id')} FROM social.posts post
    WHERE post.id = tagged.id AND post.created_at = tagged.created_at AND asked.tag = ANY (post.tags))`;
  return `SELECT DISTINCT newest.created_at, newest.id FROM unnest(${tags}) AS asked (tag)
    CROSS JOIN LATERAL (
      SELECT created_at, id FROM (
        SELECT created_at, post_id AS id, tag FROM social.post_tags) AS tagged
      WHERE tagged.tag = asked.tag AND ${bounds.join(' AND ')} AND ${current}
      ORDER BY created_at DESC, id DESC LIMIT $2) AS newest
    ORDER BY created_at DESC, id DESC LIMIT $2`;
}
