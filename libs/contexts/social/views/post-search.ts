import { Injectable } from '@nestjs/common';
import { MAX_UUID } from '@rookery/domain';
import { Sql } from '@rookery/persistence';
import { reads } from '../storage/visibility';
import { postColumns, postOf, type PostRow, type PostView } from './post';
import { searchTerms } from './search-terms';

/** Maximum matches that are ranked, newest first. */
export const RANKED = 500;
/** Newest posts that are scanned for common words before the index is used. */
const WALK_MAX = 10_000;
/** Extended scan, if the first one suggests that it will find enough. */
const COUNT_MAX = 100_000;

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

/** SQL for the ids of matching posts that the viewer may read, newest first; `posts` is the SQL source of posts. */
const readable = (posts: string) => `
  SELECT post.id FROM ${posts} AS post JOIN social.people author ON author.id = post.author_id
  WHERE author.active AND ${reads('$2::uuid', 'post.author_id')} AND post.created_at <= $3
  ORDER BY post.created_at DESC, post.id DESC LIMIT ${RANKED}`;

const WALKED = readable(`(
  SELECT * FROM (SELECT id, author_id, created_at, search FROM social.posts WHERE created_at <= $3
                 ORDER BY created_at DESC, id DESC LIMIT $4) AS newest
  WHERE search @@ ${QUERY})`);

// Materialized, with nothing but the search in it: with an order or a time PostgreSQL might choose another index and
// read everything. Queries with only exclusions cannot use an index.
const INDEXED = `
  WITH matches AS MATERIALIZED (
    SELECT id, author_id, created_at FROM social.posts
    WHERE search @@ ${QUERY} AND (SELECT querytree(websearch_to_tsquery('simple', $1)) NOT IN ('', 'T')))
  ${readable('matches')}`;

/** Full-text search of posts that the viewer may read. */
@Injectable()
export class PostSearch {
  constructor(private readonly sql: Sql) {}

  /**
   * Ranks the newest matches, at most {@link RANKED}.
   *
   * @param search web search syntax: words, `"a phrase"`, `or`, `-without`
   * @param until later posts are ignored, so that all pages of one search rank the same posts
   * @param after position after which the page begins
   * @returns best first, then newest, at most `limit`
   */
  async rank(
    search: string,
    viewerId: string,
    until: string,
    after: RankedPosition,
    limit: number,
  ): Promise<RankedPost[]> {
    const terms = searchTerms(search);
    const ids = await this.newest(terms, viewerId, until);
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
   * opposite. Both ways find the same posts.
   */
  private async newest(search: string, viewerId: string, until: string): Promise<string[]> {
    let walked = await this.ids(WALKED, [search, viewerId, until, WALK_MAX]);
    if (walked.length < RANKED && walked.length >= (RANKED * WALK_MAX) / COUNT_MAX)
      walked = await this.ids(WALKED, [search, viewerId, until, COUNT_MAX]);
    if (walked.length === RANKED) return walked;
    const indexed = await this.ids(INDEXED, [search, viewerId, until]);
    return indexed.length > walked.length ? indexed : walked;
  }

  private async ids(text: string, values: unknown[]): Promise<string[]> {
    return (await this.sql.rows<{ id: string }>(text, values)).map(({ id }) => id);
  }
}
