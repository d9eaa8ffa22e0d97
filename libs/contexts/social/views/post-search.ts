import { Injectable } from '@nestjs/common';
import { MAX_UUID } from '@rookery/domain';
import { Sql } from '@rookery/persistence';
import { reads } from '../storage/visibility';
import { POST_COLUMNS, postOf, type PostRow, type PostView } from './post';
import { searchTerms } from './search-terms';

/** So many of the newest posts that fit are ranked. */
export const RANKED = 500;
/** So many of the newest posts are looked through for a word that many hold, before the index is asked. */
const WALK_MAX = 10_000;
/** So many, when the nearer ones promise that there will be enough among them. */
const COUNT_MAX = 100_000;

/** A place in the ranked posts: rank, time and id. */
export type RankedPosition = readonly [rank: number | 'Infinity', createdAt: string, id: string];

/** Before it comes every position. */
export const BEST: RankedPosition = ['Infinity', 'infinity', MAX_UUID];

/** A post that was found; the rank only compares with others of the same search. */
export interface RankedPost {
  post: PostView;
  rank: number;
}

const QUERY = `(SELECT websearch_to_tsquery('simple', $1))`;

/** SQL of the ids of those that fit and that the viewer reads, newest first, `posts` being whatever gives the posts. */
const readable = (posts: string) => `
  SELECT post.id FROM ${posts} AS post JOIN social.people author ON author.id = post.author_id
  WHERE author.active AND ${reads('$2::uuid', 'post.author_id')} AND post.created_at <= $3
  ORDER BY post.created_at DESC, post.id DESC LIMIT ${RANKED}`;

const WALKED = readable(`(
  SELECT * FROM (SELECT id, author_id, created_at, search FROM social.posts WHERE created_at <= $3
                 ORDER BY created_at DESC, id DESC LIMIT $4) AS newest
  WHERE search @@ ${QUERY})`);

// Materialized, and nothing but the search in it: together with an order or a time PostgreSQL may take another index and
// read all there is. Queries of exclusions alone find no place to begin in an index.
const INDEXED = `
  WITH matches AS MATERIALIZED (
    SELECT id, author_id, created_at FROM social.posts
    WHERE search @@ ${QUERY} AND (SELECT querytree(websearch_to_tsquery('simple', $1)) NOT IN ('', 'T')))
  ${readable('matches')}`;

/** Full-text search of posts, under the rule of who reads what. */
@Injectable()
export class PostSearch {
  constructor(private readonly sql: Sql) {}

  /**
   * Ranks the newest posts that fit, at most {@link RANKED}.
   *
   * @param search as people type it: words, `"a phrase"`, `or`, `-without`
   * @param until later ones are not looked at, so that pages of one search rank the same posts
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
      `SELECT ${POST_COLUMNS}, rank
       FROM social.posts post JOIN social.people author ON author.id = post.author_id,
         LATERAL (SELECT ts_rank(post.search, ${QUERY}) AS rank) AS ranked
       WHERE post.id = ANY ($2::uuid[]) AND (rank, post.created_at, post.id) < ($3::real, $4::timestamptz, $5::uuid)
       ORDER BY rank DESC, post.created_at DESC, post.id DESC LIMIT $6`,
      [terms, ids, ...after, limit],
    );
    return rows.map(({ rank, ...post }) => ({ post: postOf(post as PostRow), rank }));
  }

  /**
   * A word that many posts hold is found among the newest soon, and its list in the index is long; with a rare one it is
   * the other way round. Either way the same posts are found.
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
