import { Injectable } from '@nestjs/common';
import { type Position, positionOf, Sql } from '@rookery/persistence';
import type { Scanned } from '@rookery/web';
import { reads } from '../storage/visibility';
import { postColumns, type PostView } from './post';
import type { PostFilters } from './post-filters';
import { type CutRow, postsOf, SCAN_MAX, wasCut } from './scan';

/**
 * The newest posts of everybody. The cost of a page does not depend on the number of posts or hidden posts: it reads a
 * range of an index, by time, or a limited range by tag and time.
 */
@Injectable()
export class Explore {
  constructor(private readonly sql: Sql) {}

  /**
   * @param filters without the search
   * @returns the posts after a position that the viewer can read, newest first, at most `limit`; if very many posts are
   *   hidden from the viewer, fewer posts and the position where the scan stopped
   */
  async newest(
    viewerId: string,
    filters: ExploreFilters,
    position: Position,
    limit: number,
  ): Promise<Scanned<PostView, Position>> {
    if (filters.tags.length > 0) return this.scan(viewerId, filters, position, limit);
    const rows = await this.read(viewerId, filters, position, undefined, limit);
    if (rows.length === limit || rows[0]?.cut === false) return { rows: postsOf(rows), end: undefined };
    return this.scan(viewerId, filters, position, limit);
  }

  private async scan(
    viewerId: string,
    filters: ExploreFilters,
    position: Position,
    limit: number,
  ): Promise<Scanned<PostView, Position>> {
    const end = await this.scanEnd(filters, position);
    return { rows: postsOf(await this.read(viewerId, filters, position, end, limit)), end };
  }

  private async read(
    viewerId: string,
    filters: ExploreFilters,
    position: Position,
    end: Position | undefined,
    limit: number,
  ): Promise<CutRow[]> {
    const { tags } = filters;
    const values: unknown[] = [viewerId, limit];
    const bounds = boundsOf(filters, position, values);
    if (end)
      bounds.push(
        `(created_at, id) >= ($${values.push(end[0])}::timestamptz, $${values.push(end[1])}::uuid)`,
      );
    const ids = tags.length === 0 ? newestOf(bounds) : newestTagged(bounds, `$${values.push(tags)}::text[]`);
    return this.sql.rows<CutRow>(
      `WITH page AS MATERIALIZED (${ids})
       SELECT ${postColumns('$1')}, ${tags.length === 0 && !end ? wasCut('page', scannedOf(bounds)) : 'NULL'} AS cut FROM page
       CROSS JOIN LATERAL (SELECT * FROM social.posts WHERE id = page.id OFFSET 0) AS post
       CROSS JOIN LATERAL (SELECT * FROM social.people WHERE id = post.author_id OFFSET 0) AS author
       ORDER BY page.created_at DESC, page.id DESC`,
      values,
    );
  }

  /** @returns the last post that a page can scan; undefined if it can scan all remaining posts */
  private async scanEnd(filters: ExploreFilters, position: Position): Promise<Position | undefined> {
    const { tags } = filters;
    const values: unknown[] = tags.length === 0 ? [] : [tags];
    const bounds = boundsOf(filters, position, values).join(' AND ');
    const last = `ORDER BY created_at DESC, id DESC OFFSET ${SCAN_MAX - 1} LIMIT 1`;
    const end = await this.sql.row<{ createdAt: Date; id: string }>(
      tags.length === 0
        ? `SELECT created_at AS "createdAt", id FROM social.posts WHERE ${bounds} ${last}`
        : `SELECT last.created_at AS "createdAt", last.id FROM unnest($1::text[]) AS asked (tag)
       CROSS JOIN LATERAL (
         SELECT created_at, id FROM (${TAGGED}) AS tagged
         WHERE tagged.tag = asked.tag AND ${bounds} ${last}) AS last
       ORDER BY last.created_at DESC, last.id DESC LIMIT 1`,
      values,
    );
    return end && positionOf(end);
  }
}

type ExploreFilters = Omit<PostFilters, 'search'>;

const TAGGED = 'SELECT created_at, post_id AS id, tag FROM social.post_tags';

/** @returns SQL conditions on `created_at` and `id` */
function boundsOf({ since, until }: ExploreFilters, position: Position, values: unknown[]): string[] {
  const [at, id] = position;
  const bounds = [`(created_at, id) < ($${values.push(at)}::timestamptz, $${values.push(id)}::uuid)`];
  if (since !== undefined) bounds.push(`created_at >= $${values.push(since)}::timestamptz`);
  if (until !== undefined) bounds.push(`created_at <= $${values.push(until)}::timestamptz`);
  return bounds;
}

/** Scalar subqueries, so that they are evaluated row by row until the page is full. */
const visible = (author: string) =>
  `(SELECT person.active AND ${reads('$1::uuid', 'person.id')} FROM social.people person WHERE person.id = ${author})`;

function scannedOf(bounds: readonly string[]): string {
  return `SELECT created_at, id, author_id FROM social.posts WHERE ${bounds.join(' AND ')}
    ORDER BY created_at DESC, id DESC`;
}

function newestOf(bounds: readonly string[]): string {
  return `SELECT created_at, id FROM (${scannedOf(bounds)} LIMIT ${SCAN_MAX}) AS scanned
    WHERE ${visible('author_id')} ORDER BY created_at DESC, id DESC LIMIT $2`;
}

/** The rows of tags can be older or newer than the post, so the post itself is checked, too. */
function newestTagged(bounds: readonly string[], tags: string): string {
  const current = `(SELECT ${visible('post.author_id')} FROM social.posts post
    WHERE post.id = tagged.id AND post.created_at = tagged.created_at AND asked.tag = ANY (post.tags))`;
  return `SELECT DISTINCT newest.created_at, newest.id FROM unnest(${tags}) AS asked (tag)
    CROSS JOIN LATERAL (
      SELECT created_at, id FROM (${TAGGED}) AS tagged
      WHERE tagged.tag = asked.tag AND ${bounds.join(' AND ')} AND ${current}
      ORDER BY created_at DESC, id DESC LIMIT $2) AS newest
    ORDER BY created_at DESC, id DESC LIMIT $2`;
}
