import { Injectable } from '@nestjs/common';
import { type Position, positionOf, Sql } from '@rookery/persistence';
import type { Scanned } from '@rookery/web';
import { blocks } from '../storage/visibility';
import { postColumns, postOf, type PostRow, type PostView } from './post';
import type { PostFilters } from './post-filters';
import { type CutRow, postsOf, SCAN_MAX, wasCut } from './scan';
import { searchTerms } from './search-terms';
import { WordIndex } from './word-index';

/** Filter and order of a feed. */
export interface FeedFilters extends PostFilters {
  sort: 'asc' | 'desc';
}

/**
 * Maximum entries to scan: of the feed and of the user's own posts, and of each merged author. Without `merged`, only
 * of the feed.
 */
interface Reach {
  entries: number;
  merged?: number;
}

/** First scan for tags or a search: enough if matches are frequent. */
const SAMPLE: Reach = { entries: 500, merged: 100 };

/** Maximum entries that one page scans after that. */
const WALK_MAX: Reach = { entries: 2_000, merged: 200 };

/** Matches are frequent if a scan of this many times the sample fills the page. */
const MAX_WALK_FACTOR = 4;

/** Maximum matches of tags and search for which checking each is cheaper than scanning the feed. */
const SELECTIVE_MAX = 1_000;

/**
 * Posts of a user and of the users they follow. The cost of a page does not depend on the length of the feed or the
 * number of followed authors: docs/decisions/0021-feed.md.
 */
@Injectable()
export class Feed {
  constructor(
    private readonly sql: Sql,
    private readonly words: WordIndex,
  ) {}

  /**
   * @param viewerId owner of the feed
   * @param position end of the previous page; undefined for the first
   * @param limit maximum number of posts
   * @returns the posts; if too little of the feed matches or is visible, fewer posts and the position where the scan
   *   stopped
   */
  async page(
    viewerId: string,
    filters: FeedFilters,
    position: Position | undefined,
    limit: number,
  ): Promise<Scanned<PostView, Position>> {
    if (filters.tags.length === 0 && filters.search === '') {
      const rows = await this.walk(viewerId, filters, position, undefined, limit);
      if (rows.length === limit || rows[0]?.cut === false) return { rows: postsOf(rows), end: undefined };
      // The user's own posts and those of merged authors are all visible.
      return this.walkFor(viewerId, filters, position, { entries: SCAN_MAX }, limit);
    }
    const near = await this.walkFor(viewerId, filters, position, SAMPLE, limit);
    if (near.end === undefined || near.rows.length === limit) return near;
    const few = near.rows.length * MAX_WALK_FACTOR >= limit ? undefined : await this.few(filters);
    if (few) {
      const rows = await this.among(few, viewerId, filters, position, limit);
      return { rows: rows.map(postOf), end: undefined };
    }
    const rest = limit - near.rows.length;
    const { rows, end } = await this.walkFor(viewerId, filters, near.end, WALK_MAX, rest);
    return { rows: [...near.rows, ...rows], end };
  }

  /** Scans up to the maximum number of entries. */
  private async walkFor(
    viewerId: string,
    filters: FeedFilters,
    position: Position | undefined,
    reach: Reach,
    limit: number,
  ): Promise<Scanned<PostView, Position>> {
    const end = await this.walkEnd(viewerId, filters, position, reach);
    return { rows: postsOf(await this.walk(viewerId, filters, position, end, limit)), end };
  }

  /** @returns the last entry that a scan from a position can read; undefined if it can read all of them */
  private async walkEnd(
    viewerId: string,
    filters: FeedFilters,
    position: Position | undefined,
    reach: Reach,
  ): Promise<Position | undefined> {
    const values: unknown[] = [viewerId];
    const { order, within } = this.order(filters, position, values);
    const ordered = `ORDER BY created_at ${order}, id ${order}`;
    const authored = (author: string, offset: number) =>
      `SELECT created_at, id FROM social.posts WHERE author_id = ${author} AND ${within('created_at', 'id')}
       ${ordered} OFFSET ${offset - 1} LIMIT 1`;
    const ends = [
      `SELECT item.created_at, item.post_id AS id FROM social.feed_items item
       WHERE item.user_id = $1 AND ${within('item.created_at', 'item.post_id')}
       ORDER BY item.created_at ${order}, item.post_id ${order} OFFSET ${reach.entries - 1} LIMIT 1`,
    ];
    if (reach.merged !== undefined)
      ends.push(
        authored('$1', reach.entries),
        `SELECT post.created_at, post.id FROM social.merged_follows follow
         CROSS JOIN LATERAL (${authored('follow.author_id', reach.merged)}) AS post WHERE follow.user_id = $1`,
      );
    const end = await this.sql.row<{ createdAt: Date; id: string }>(
      `SELECT created_at AS "createdAt", id FROM (${ends.map((each) => `(${each})`).join(' UNION ALL ')}) AS ends ${ordered} LIMIT 1`,
      values,
    );
    return end && positionOf(end);
  }

  /** @returns ids of all posts that can match tags and search, of any author; undefined if there are many */
  private async few({ tags, search, ...rest }: FeedFilters): Promise<string[] | undefined> {
    const searchable = search !== '' && !(await this.isVague(search));
    if (tags.length === 0 && !(searchable && (await this.words.isCheap(search)))) return undefined;
    const values: unknown[] = [];
    const fitting = fits('post', { ...rest, tags, search: searchable ? search : '' }, values);
    // MATERIALIZED hides the LIMIT from the planner, which might otherwise read the table instead of the index.
    const rows = await this.sql.rows<{ id: string }>(
      `WITH fitting AS MATERIALIZED (SELECT id FROM social.posts post WHERE ${fitting})
       SELECT id FROM fitting LIMIT ${SELECTIVE_MAX + 1}`,
      values,
    );
    return rows.length > SELECTIVE_MAX ? undefined : rows.map(({ id }) => id);
  }

  /** @returns whether no word is required, as in `-swifts`; a word index is then useless */
  private async isVague(search: string): Promise<boolean> {
    const row = await this.sql.row<{ vague: boolean }>(
      `SELECT querytree(websearch_to_tsquery('simple', $1)) = 'T' AS vague`,
      [searchTerms(search)],
    );
    return row!.vague;
  }

  /** Filters a few posts for those that belong in the feed. */
  private among(
    ids: readonly string[],
    viewerId: string,
    filters: FeedFilters,
    position: Position | undefined,
    limit: number,
  ): Promise<PostRow[]> {
    const values: unknown[] = [viewerId, limit, ids];
    const { order, within } = this.order(filters, position, values);
    return this.sql.rows<PostRow>(
      `SELECT ${postColumns('$1')}
       FROM unnest($3::uuid[]) AS fitting (id)
       CROSS JOIN LATERAL (SELECT * FROM social.posts WHERE id = fitting.id OFFSET 0) AS post
       CROSS JOIN LATERAL (SELECT * FROM social.people WHERE id = post.author_id OFFSET 0) AS author
       WHERE ${within('post.created_at', 'post.id')} AND ${fits('post', filters, values)}
         AND (post.author_id = $1 OR ${followed('post.author_id')} AND author.active)
       ORDER BY post.created_at ${order}, post.id ${order} LIMIT $2`,
      values,
    );
  }

  /**
   * Scans the feed in its order until the page is full or the end is reached, then the posts of merged authors as far
   * as that page reaches. Posts that were fanned out before their author was merged are in both.
   */
  private walk(
    viewerId: string,
    filters: FeedFilters,
    position: Position | undefined,
    end: Position | undefined,
    limit: number,
  ): Promise<CutRow[]> {
    const values: unknown[] = [viewerId, limit];
    const { order, within } = this.order(filters, position, values, end);
    // A subquery, so that authors' posts are scanned by time too: otherwise the planner might search for a common word.
    const fitting = `(SELECT ${fits('post', filters, values)})`;
    const newest = `ORDER BY post.created_at ${order}, post.id ${order} LIMIT $2`;
    const [aggregate, upTo, all] =
      filters.sort === 'desc' ? ['min', '>=', '-infinity'] : ['max', '<=', 'infinity'];
    const entries = `SELECT item.* FROM social.feed_items item
      WHERE item.user_id = $1 AND ${within('item.created_at', 'item.post_id')}
      ORDER BY item.created_at ${order}, item.post_id ${order}`;
    // Looked up only if the page is not full, since a CASE is evaluated from the left.
    const cutOff = end
      ? `'${all}'`
      : `coalesce((SELECT last.created_at ${filters.sort === 'desc' ? '+' : '-'} interval '1 ms'
                   FROM (${entries} OFFSET ${SCAN_MAX - 1} LIMIT 1) AS last), '${all}')`;
    const reached = (createdAt: string) => `${createdAt} ${upTo} (
      SELECT CASE WHEN count(*) = $2 THEN ${aggregate}("createdAt") ELSE ${cutOff} END FROM items)`;
    // Posts are read as they are found, in full: their ids alone would have to be looked up again.
    return this.sql.rows<CutRow>(
      `WITH items AS MATERIALIZED (
         SELECT ${postColumns('$1')} FROM (${entries} LIMIT ${SCAN_MAX}) AS item
         CROSS JOIN LATERAL (SELECT * FROM social.posts post WHERE post.id = item.post_id AND ${fitting} OFFSET 0) AS post
         CROSS JOIN LATERAL ${activeAuthor('post.author_id')} AS author
         WHERE ${followed('item.author_id')}
         ORDER BY item.created_at ${order}, item.post_id ${order} LIMIT $2
       ), own AS (
         SELECT ${postColumns('$1')} FROM social.posts post
         CROSS JOIN LATERAL (SELECT * FROM social.people WHERE id = post.author_id OFFSET 0) AS author
         WHERE post.author_id = $1 AND ${reached('post.created_at')} AND ${within('post.created_at', 'post.id')}
           AND ${fitting} ${newest}
       ), merged AS (
         SELECT ${postColumns('$1')} FROM social.merged_follows follow
         CROSS JOIN LATERAL ${activeAuthor('follow.author_id')} AS author
         CROSS JOIN LATERAL (
           SELECT * FROM social.posts post
           WHERE post.author_id = follow.author_id AND ${reached('post.created_at')}
             AND ${within('post.created_at', 'post.id')} AND ${fitting} ${newest}) AS post
         WHERE follow.user_id = $1 AND ${followed('follow.author_id')} ${newest}
       )
       SELECT DISTINCT ON ("createdAt", id) *, ${end ? 'NULL' : wasCut('items', entries)} AS cut
       FROM (SELECT * FROM items WHERE ${reached('"createdAt"')} UNION ALL TABLE own UNION ALL TABLE merged) AS page
       ORDER BY "createdAt" ${order}, id ${order} LIMIT $2`,
      values,
    );
  }

  /** The text contains only the filters in use: a plan for `$3 IS NULL OR …` could not use an index. */
  private order(
    { sort, since, until }: FeedFilters,
    position: Position | undefined,
    values: unknown[],
    end?: Position,
  ) {
    const bounds: ((createdAt: string, id: string) => string)[] = [];
    if (since !== undefined) {
      const parameter = values.push(since);
      bounds.push((createdAt) => `${createdAt} >= $${parameter}::timestamptz`);
    }
    if (until !== undefined) {
      const parameter = values.push(until);
      bounds.push((createdAt) => `${createdAt} <= $${parameter}::timestamptz`);
    }
    const boundAt = (operator: string, at: Position) => {
      const parameter = values.push(...at);
      bounds.push(
        (createdAt, id) =>
          `(${createdAt}, ${id}) ${operator} ($${parameter - 1}::timestamptz, $${parameter}::uuid)`,
      );
    };
    if (position) boundAt(sort === 'desc' ? '<' : '>', position);
    if (end) boundAt(sort === 'desc' ? '>=' : '<=', end);
    return {
      order: sort === 'desc' ? 'DESC' : 'ASC',
      within: (createdAt: string, id: string) =>
        bounds.map((bound) => bound(createdAt, id)).join(' AND ') || 'true',
    };
  }
}

/** @returns SQL that is true if a post has one of the tags and matches the search */
function fits(post: string, { tags, search }: FeedFilters, values: unknown[]): string {
  const conditions: string[] = [];
  if (tags.length > 0) conditions.push(`${post}.tags && $${values.push(tags)}::text[]`);
  if (search !== '')
    conditions.push(`${post}.search @@ websearch_to_tsquery('simple', $${values.push(searchTerms(search))})`);
  return conditions.join(' AND ') || 'true';
}

/**
 * Scalar subqueries instead of joins: they are evaluated row by row until the page is full, whatever the planner's
 * estimates are. So are lateral ones with OFFSET 0.
 *
 * @returns SQL that is true if the viewer ($1) follows the author, has not muted them and may read their posts
 */
function followed(author: string): string {
  return `((SELECT relation.followed_at IS NOT NULL AND relation.muted_at IS NULL AND relation.blocked_at IS NULL
            FROM social.relationships relation
            WHERE relation.user_id = $1 AND relation.other_id = ${author}) AND (SELECT NOT ${blocks(author, '$1')}))`;
}

/** @returns SQL of the author's row, if their posts are visible to others */
function activeAuthor(author: string): string {
  return `(SELECT * FROM social.people person WHERE person.id = ${author} AND person.active OFFSET 0)`;
}
