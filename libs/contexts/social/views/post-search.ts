import { Injectable } from '@nestjs/common';
import { MAX_UUID } from '@rookery/domain';
import { Sql } from '@rookery/persistence';
import { reads } from '../storage/visibility';
import { postColumns, postOf, type PostRow, type PostView } from './post';
import type { PostFilters } from './post-filters';
import { searchTerms } from './search-terms';
import { WordIndex } from './word-index';

/** Maximum matches that are ranked, newest first. */
export const RANKED = 500;
/** Newest posts that are scanned for common words before the index is used. */
const WALK_MAX = 10_000;
/** Extended scan, if the first one suggests that it will find enough, or that the index would read too much. */
export const NEAR_MAX = 100_000;
/** Position in the ranked posts: rank, time and id. */
export type RankedPosition = readonly [rank: number | 'Infinity', createdAt: string, id: string];

/** Position before the first result. */
export const BEST: RankedPosition = ['Infinity', 'infinity', MAX_UUID];

/** A matching post; its rank is comparable only within one search. */
export interface RankedPost {
  post: PostView;
  rank: number;
}

const QUERY = `(SELECT websearch_to_tsquery('simple', $1))`;

/** Statements for the ids of matching posts that the viewer may read, newest first. */
interface Statements {
  walked: string;
  indexed: string;
  values: unknown[];
}

/** Full-text search of posts that the viewer may read. */
@Injectable()
export class PostSearch {
  constructor(
    private readonly sql: Sql,
    private readonly words: WordIndex,
  ) {}

  /**
   * Ranks the newest matches, at most {@link RANKED}.
   *
   * @param filters with a search in web search syntax: words, `"a phrase"`, `or`, `-without`
   * @param now later posts are ignored, so that all pages of one search rank the same posts
   * @param after position after which the page begins
   * @returns best first, then newest, at most `limit`
   */
  async rank(
    filters: PostFilters,
    viewerId: string,
    now: string,
    after: RankedPosition,
    limit: number,
  ): Promise<RankedPost[]> {
    const terms = searchTerms(filters.search);
    const ids = await this.newest(statements(filters, [terms, viewerId, now]), filters.search);
    const rows = await this.sql.rows<PostRow & { rank: number }>(
      `SELECT ${postColumns('$7::uuid')}, rank
       FROM social.posts post JOIN social.people author ON author.id = post.author_id,
         LATERAL (SELECT ts_rank(post.search, ${QUERY}) AS rank) AS ranked
       WHERE post.id = ANY ($2::uuid[]) AND (rank, post.created_at, post.id) < ($3::real, $4::timestamptz, $5::uuid)
       ORDER BY rank DESC, post.created_at DESC, post.id DESC LIMIT $6`,
      [terms, ids, ...after, limit, viewerId],
    );
    return rows.map(({ rank, ...post }) => ({ post: postOf(post as PostRow), rank }));
  }

  /**
   * A common word is found quickly among the newest posts, and its list in the index is long; for a rare word it is the
   * opposite. Common words that rarely stand together are looked for among the newest posts only: the index would read
   * the lists of all of them.
   */
  private async newest({ walked, indexed, values }: Statements, search: string): Promise<string[]> {
    const walk = (posts: number) => this.ids(walked, [...values, posts]);
    let found = await walk(WALK_MAX);
    if (found.length === RANKED) return found;
    const cheap = await this.words.isCheap(search, values[2] as string);
    if (!cheap || found.length >= (RANKED * WALK_MAX) / NEAR_MAX) found = await walk(NEAR_MAX);
    if (!cheap || found.length === RANKED) return found;
    const all = await this.ids(indexed, values);
    return all.length > found.length ? all : found;
  }

  private async ids(text: string, values: unknown[]): Promise<string[]> {
    return (await this.sql.rows<{ id: string }>(text, values)).map(({ id }) => id);
  }
}

/** @param values terms, viewer and time of the search; `walked` takes the number of posts after all of them */
function statements({ tags, since, until }: PostFilters, values: unknown[]): Statements {
  const bounds = ['created_at <= $3'];
  if (since !== undefined) bounds.push(`created_at >= $${values.push(since)}::timestamptz`);
  if (until !== undefined) bounds.push(`created_at <= $${values.push(until)}::timestamptz`);
  const tagged = tags.length > 0 ? `tags && $${values.push(tags)}::text[]` : 'true';
  const period = bounds.join(' AND ');
  const readable = (posts: string) => `
    SELECT post.id FROM ${posts} AS post JOIN social.people author ON author.id = post.author_id
    WHERE author.active AND ${reads('$2::uuid', 'post.author_id')}
    ORDER BY post.created_at DESC, post.id DESC LIMIT ${RANKED}`;
  return {
    walked: readable(`(
      SELECT * FROM (SELECT id, author_id, created_at, search, tags FROM social.posts WHERE ${period}
                     ORDER BY created_at DESC, id DESC LIMIT $${values.length + 1}) AS newest
      WHERE search @@ ${QUERY} AND ${tagged})`),
    // Materialized, with nothing but the search in it: with an order or a time PostgreSQL might choose another index and
    // read everything. Queries with only exclusions cannot use an index.
    indexed: `
      WITH matches AS MATERIALIZED (
        SELECT id, author_id, created_at, tags FROM social.posts
        WHERE search @@ ${QUERY} AND (SELECT querytree(websearch_to_tsquery('simple', $1)) NOT IN ('', 'T')))
      ${readable(`(SELECT * FROM matches WHERE ${period} AND ${tagged})`)}`,
    values,
  };
}
