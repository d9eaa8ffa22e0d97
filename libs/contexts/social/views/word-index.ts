import { Injectable } from '@nestjs/common';
import { Sql } from '@rookery/persistence';
import { requiredWords } from './search-terms';

/** Newest posts by which the cost of the index is estimated. */
const SAMPLE = 1_000;
/** Maximum cost of the index, in rows to fetch: about what a scan of the newest 100,000 posts takes. */
const COST_MAX = 10_000;
/** Cost of comparing a phrase with a fetched post, and of reading an index entry, relative to fetching a row. */
const COST = { phrase: 6, entry: 0.1 };

/** The statistics of a search in a sample. */
export interface SearchSample {
  /** Posts of the sample with the rarest of the required words. */
  rarest: number;
  /** Posts of the sample with all required words, in any order. */
  together: number;
  /** Whether the words must occur in a certain order. */
  phrase: boolean;
  /** Number of all posts, estimated. */
  posts: number;
}

/**
 * The index reads the entries of the rarest word, and fetches every post that has all of them; a phrase is compared with
 * each.
 *
 * @returns whether that costs no more than scanning the newest posts
 */
export function isIndexCheap({ rarest, together, phrase, posts }: SearchSample): boolean {
  const cost = rarest * COST.entry + together * (phrase ? COST.phrase : 1);
  return (cost / SAMPLE) * posts <= COST_MAX;
}

/** The index of words in posts: whether to use it. */
@Injectable()
export class WordIndex {
  constructor(private readonly sql: Sql) {}

  /**
   * @param search web search syntax
   * @param until time of the newest post to sample
   */
  async isCheap(search: string, until = 'infinity'): Promise<boolean> {
    const row = await this.sql.row<Omit<SearchSample, 'phrase'>>(
      `WITH newest AS MATERIALIZED (
         SELECT search FROM social.posts WHERE created_at <= $2 ORDER BY created_at DESC, id DESC LIMIT ${SAMPLE}
       ), word AS MATERIALIZED (
         SELECT DISTINCT plainto_tsquery('simple', word) AS query FROM unnest($1::text[]) AS word
         WHERE lower(word) <> 'or' AND plainto_tsquery('simple', word) <> ''
       )
       SELECT coalesce((SELECT min(posts) FROM word, LATERAL (
                 SELECT count(*)::int AS posts FROM newest WHERE search @@ word.query) AS counted), 0) AS rarest,
              (SELECT count(*)::int FROM newest
               WHERE search @@ websearch_to_tsquery('simple', array_to_string($1, ' '))) AS together,
              greatest((SELECT reltuples FROM pg_class WHERE oid = 'social.posts'::regclass), 0)::float8 AS posts`,
      [requiredWords(search), until],
    );
    return isIndexCheap({ ...row!, phrase: search.includes('"') });
  }
}
