import { Injectable } from '@nestjs/common';
import { type Position, Sql } from '@rookery/persistence';
import { Visibility } from '../storage/visibility';
import { StoryReader, type StoryView } from './story';

/** `all`: every story that the viewer can see. `following`: only stories of followed authors. */
export const SCOPES = ['all', 'following'] as const;
export type FeedScope = (typeof SCOPES)[number];

/** A story that is probably in a feed. */
export interface Candidate {
  id: string;
  authorId: string;
  createdAt: Date;
}

const OPEN = 'story.ended_at IS NULL AND story.expires_at > now()';
const AFTER = '(story.created_at, story.id) < ($2::timestamptz, $3::uuid)';
const NEWEST_FIRST = 'ORDER BY story.created_at DESC, story.id DESC LIMIT $4';
const CANDIDATE = 'story.created_at, story.id, story.author_id';

/** Lateral join with OFFSET 0: forces row-by-row lookups until the page is full, whatever the planner estimates. */
const fannedOut = (condition: string) => `
  SELECT item.created_at, item.story_id AS id, item.author_id FROM stories.feed_items item
  CROSS JOIN LATERAL (SELECT FROM stories.stories story WHERE story.id = item.story_id AND ${OPEN} OFFSET 0) AS story
  WHERE item.user_id = $1 AND ${condition} AND (item.created_at, item.story_id) < ($2::timestamptz, $3::uuid)
  ORDER BY item.created_at DESC, item.story_id DESC LIMIT $4`;

const merged = (condition: string) => `
  SELECT ${CANDIDATE} FROM stories.merged_follows follow
  CROSS JOIN LATERAL (
    SELECT ${CANDIDATE} FROM stories.stories story
    WHERE story.author_id = follow.author_id AND ${condition} AND ${OPEN} AND ${AFTER} ${NEWEST_FIRST}) AS story
  WHERE follow.user_id = $1 ${NEWEST_FIRST}`;

const SOURCES: Record<FeedScope, readonly string[]> = {
  all: [
    `SELECT ${CANDIDATE} FROM stories.stories story
     WHERE story.visibility = 'public' AND ${OPEN} AND ${AFTER} ${NEWEST_FIRST}`,
    `SELECT ${CANDIDATE} FROM stories.stories story
     WHERE story.author_id = $1 AND story.visibility <> 'public' AND ${OPEN} AND ${AFTER} ${NEWEST_FIRST}`,
    fannedOut('item.friends_only'),
    merged(`story.visibility = 'friends' AND NOT story.restricted`),
  ],
  following: [fannedOut('true'), merged(`story.visibility <> 'private' AND NOT story.restricted`)],
};

const [ALL, FOLLOWING] = SCOPES.map(
  (scope) => `
    SELECT DISTINCT created_at AS "createdAt", id, author_id AS "authorId"
    FROM (${SOURCES[scope].map((source) => `(${source})`).join(' UNION ALL ')}) AS story
    ORDER BY created_at DESC, id DESC LIMIT $4`,
) as [string, string];

/**
 * The stories of a feed. The cost of a page does not depend on the number of stories and followed authors:
 * docs/decisions/0048-stories.md.
 */
@Injectable()
export class StoryFeed {
  constructor(
    private readonly sql: Sql,
    private readonly stories: StoryReader,
    private readonly visibility: Visibility,
  ) {}

  /** @returns the next stories that are probably in the feed, newest first, at most `limit` */
  candidates(
    viewerId: string,
    scope: FeedScope,
    [createdAt, id]: Position,
    limit: number,
  ): Promise<Candidate[]> {
    return this.sql.rows<Candidate & Record<string, unknown>>(scope === 'all' ? ALL : FOLLOWING, [
      viewerId,
      createdAt,
      id,
      limit,
    ]);
  }

  /**
   * @returns the candidates that belong to the feed, in the same order: the viewer can see them, and has not muted
   *   their authors
   */
  async visibleOf(viewerId: string, scope: FeedScope, found: readonly Candidate[]): Promise<StoryView[]> {
    if (found.length === 0) return [];
    const authorIds = found.map(({ authorId }) => authorId);
    const sight = await this.visibility.sightOf(viewerId, authorIds);
    const shown = (scope === 'all' ? sight.authors : sight.followed).filter(
      (id) => !sight.muted.includes(id),
    );
    return this.stories.among(
      { ...sight, authors: shown },
      found.map(({ id }) => id),
    );
  }
}
