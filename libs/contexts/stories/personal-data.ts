import { Injectable } from '@nestjs/common';
import type { ErasedCounts, ExportedPage, PersonalData } from '@rookery/application';
import { pagesById, Sql } from '@rookery/persistence';
import { Highlights } from './storage/highlights';
import { People } from './storage/people';
import { ResponseCounts } from './storage/response-counts';
import { Stories } from './storage/stories';

const PAGE = 500;

/** The exported data. Views and replies of other users belong to those users and are not exported. */
const SECTIONS: readonly { name: string; rows: string }[] = [
  {
    name: 'stories',
    rows: `SELECT it.id, text, media_key AS "mediaKey", visibility,
                  (SELECT array_agg(listed.user_id) FROM stories.audiences listed WHERE listed.story_id = it.id)
                    AS "audienceUserIds",
                  created_at AS "createdAt", expires_at AS "expiresAt", deleted_at AS "deletedAt"
           FROM stories.stories it WHERE author_id = $1`,
  },
  {
    name: 'storyViews',
    rows: `SELECT it.id, "storyId", "viewedAt" FROM (
             SELECT story_id AS id, story_id AS "storyId", viewed_at AS "viewedAt"
             FROM stories.story_views WHERE viewer_id = $1) AS it WHERE true`,
  },
  {
    name: 'storyReactions',
    rows: `SELECT it.id, story_id AS "storyId", emoji, reacted_at AS "reactedAt"
           FROM stories.reactions it WHERE user_id = $1`,
  },
  {
    name: 'storyReplies',
    rows: `SELECT it.id, story_id AS "storyId", text, created_at AS "createdAt"
           FROM stories.replies it WHERE author_id = $1`,
  },
  {
    name: 'highlights',
    rows: `SELECT it.id, name, story_ids AS "storyIds", created_at AS "createdAt"
           FROM stories.highlights it WHERE owner_id = $1`,
  },
];

/** Columns of the schema with user ids that are handled here. */
export const KNOWN_COLUMNS: readonly string[] = [
  'audiences.user_id',
  'feed_items.author_id',
  'feed_items.user_id',
  'highlights.owner_id',
  'merged_authors.author_id',
  'merged_follows.author_id',
  'merged_follows.user_id',
  'people.id',
  'reactions.story_author_id',
  'reactions.user_id',
  'replies.author_id',
  'replies.story_author_id',
  'stories.author_id',
  'story_views.story_author_id',
  'story_views.viewer_id',
];

/** Personal data of this context. */
@Injectable()
export class StoriesPersonalData implements PersonalData {
  constructor(
    private readonly highlights: Highlights,
    private readonly people: People,
    private readonly responses: ResponseCounts,
    private readonly sql: Sql,
    private readonly stories: Stories,
  ) {}

  async *export(userId: string): AsyncGenerator<ExportedPage> {
    for (const { name, rows: select } of SECTIONS) {
      const read = (after: string, limit: number) =>
        this.sql.rows<{ id: string }>(`${select} AND it.id > $2 ORDER BY it.id LIMIT $3`, [
          userId,
          after,
          limit,
        ]);
      for await (const rows of pagesById(PAGE, read)) yield [name, rows];
    }
  }

  /**
   * Every query asks social, which knows at once that the account is deleted. The names in lists come from this copy.
   */
  async hide(userId: string): Promise<void> {
    await this.people.copy([userId]);
  }

  /**
   * One kind of data per call: a story is removed with the views, reactions and replies of others, which can be very
   * many.
   */
  async erase(userId: string, limit: number): Promise<ErasedCounts> {
    const highlights = await this.highlights.eraseBy(userId, limit);
    if (highlights > 0) return { highlights };
    const stories = await this.stories.eraseBy(userId, limit);
    if (stories > 0) return { stories };
    const responses = {
      storyViews: await this.responses.eraseBy(userId, 'story_views', limit),
      storyReactions: await this.responses.eraseBy(userId, 'reactions', limit),
      storyReplies: await this.responses.eraseBy(userId, 'replies', limit),
    };
    if (Object.values(responses).some((count) => count > 0)) return responses;
    return {
      audiences: await this.eraseRows('audiences', 'user_id', userId, limit),
      feedItems:
        (await this.eraseRows('feed_items', 'user_id', userId, limit)) +
        (await this.eraseRows('feed_items', 'author_id', userId, limit)),
      merged:
        (await this.eraseRows('merged_follows', 'user_id', userId, limit)) +
        (await this.eraseRows('merged_follows', 'author_id', userId, limit)) +
        (await this.eraseRows('merged_authors', 'author_id', userId, limit)),
      people: await this.sql.execute('DELETE FROM stories.people WHERE id = $1', [userId]),
    };
  }

  /** Rows of these tables are never updated, so a scan by `ctid` misses none. */
  private eraseRows(table: string, column: string, userId: string, limit: number): Promise<number> {
    return this.sql.execute(
      `DELETE FROM stories.${table} WHERE ctid = ANY (ARRAY (
         SELECT ctid FROM stories.${table} WHERE ${column} = $1 LIMIT $2))`,
      [userId, limit],
    );
  }
}
