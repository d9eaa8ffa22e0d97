import { Injectable } from '@nestjs/common';
import { NotFound, type RaisedEvent, Rejection } from '@rookery/domain';
import { Outbox, Repository, Sql, type StoredAs, Transaction } from '@rookery/persistence';
import { EntitySchema } from 'typeorm';
import { MediaLibrary } from '../../media/contract';
import { StoryDeleted, StoryExpired } from '../contract';
import { Story, type StoryState } from '../model/story';

/** The number of highlights is not part of the aggregate: `storage/highlights.ts` updates that column. */
export const storySchema = new EntitySchema<StoryState>({
  name: 'Story',
  schema: 'stories',
  tableName: 'stories',
  columns: {
    id: { type: 'uuid', primary: true },
    version: { type: 'int' },
    authorId: { type: 'uuid', name: 'author_id' },
    text: { type: 'text', nullable: true },
    mediaKey: { type: 'text', name: 'media_key', nullable: true },
    visibility: { type: 'text' },
    restricted: { type: 'boolean' },
    createdAt: { type: 'timestamptz', precision: 3, name: 'created_at' },
    expiresAt: { type: 'timestamptz', precision: 3, name: 'expires_at' },
    endedAt: { type: 'timestamptz', precision: 3, name: 'ended_at', nullable: true },
    deletedAt: { type: 'timestamptz', precision: 3, name: 'deleted_at', nullable: true },
  },
});

/** A story that has expired. */
export interface EndedStory {
  id: string;
  version: number;
  authorId: string;
  mediaKey: string | null;
  /** Whether it is still in a highlight. */
  kept: boolean;
  /** Seconds since it expired. */
  lateSeconds: number;
}

/** The stories of all users. */
@Injectable()
export class Stories extends Repository<StoryState, Story> {
  protected readonly storedAs: StoredAs<StoryState, Story> = {
    schema: storySchema,
    restore: (state) => new Story(state),
  };

  constructor(
    transaction: Transaction,
    sql: Sql,
    private readonly events: Outbox,
    private readonly media: MediaLibrary,
  ) {
    super(transaction, sql, events);
  }

  /**
   * @param audience the followers who can see it; null for all
   * @throws Rejection `media.not-usable`
   */
  async publish(story: Story, audience: readonly string[] | null): Promise<void> {
    const { mediaKey } = story;
    if (mediaKey !== null) await this.media.attach(story.authorId, mediaKey, useOf(story));
    await this.save(story);
    if (audience)
      this.sql.send(
        'INSERT INTO stories.audiences (story_id, user_id) SELECT $1, user_id FROM unnest($2::uuid[]) AS user_id',
        [story.id, audience],
      );
  }

  /** Stores a story that its author has deleted, and detaches its media. */
  async saveDeleted(story: Story): Promise<void> {
    await this.save(story);
    await this.detach([story]);
  }

  /**
   * Loads a story and locks it until the current transaction ends.
   *
   * @throws Rejection `resource.not-found` if there is none, or it was deleted
   */
  override async getLocked(id: string): Promise<Story> {
    const story = await super.getLocked(id);
    if (story.isDeleted) throw new Rejection(NotFound);
    return story;
  }

  /**
   * Marks stories as expired, earliest expiry time first, by the clock of the database. Deletes those that no highlight
   * holds. Skips rows that are locked; the next call processes them.
   *
   * @param limit maximum number of stories
   */
  async expire(limit: number): Promise<EndedStory[]> {
    const ended = await this.sql.rows<EndedStory & Record<string, unknown>>(
      `WITH due AS MATERIALIZED (
         SELECT id FROM stories.stories WHERE ended_at IS NULL AND expires_at <= now()
         ORDER BY expires_at LIMIT $1 FOR NO KEY UPDATE SKIP LOCKED)
       UPDATE stories.stories story
       SET ended_at = now(), version = story.version + 1,
           deleted_at = CASE WHEN story.highlights > 0 THEN NULL ELSE now() END
       FROM due WHERE story.id = due.id
       RETURNING story.id, story.version, story.author_id AS "authorId", story.media_key AS "mediaKey",
                 story.deleted_at IS NULL AS kept,
                 extract(epoch FROM now() - story.expires_at)::float8 AS "lateSeconds"`,
      [limit],
    );
    await this.raise(ended, ({ authorId, mediaKey, kept }) => ({
      definition: StoryExpired,
      data: { authorId, mediaKey, kept },
    }));
    await this.detach(ended.filter(({ kept }) => !kept));
    return ended;
  }

  /**
   * Of the given stories, deletes those that nobody can see any more: expired, and in no highlight. The caller has
   * locked them.
   */
  async deleteEnded(ids: readonly string[]): Promise<EndedStory[]> {
    const deleted = await this.sql.rows<EndedStory & Record<string, unknown>>(
      `UPDATE stories.stories SET deleted_at = now(), version = version + 1
       WHERE id = ANY ($1::uuid[]) AND deleted_at IS NULL AND ended_at IS NOT NULL AND highlights = 0
       RETURNING id, version, author_id AS "authorId", media_key AS "mediaKey", false AS kept, 0 AS "lateSeconds"`,
      [ids],
    );
    await this.raise(deleted, ({ authorId, mediaKey }) => ({
      definition: StoryDeleted,
      data: { authorId, mediaKey },
    }));
    await this.detach(deleted);
    return deleted;
  }

  /**
   * Removes stories that were deleted long ago, after their views, reactions and replies, so that no call takes long.
   *
   * @param retentionDays minimum time since their deletion
   * @param limit maximum rows of a table
   * @returns number of removed rows
   */
  async purge(retentionDays: number, limit: number): Promise<number> {
    const due = await this.sql.rows<{ id: string }>(
      `SELECT id FROM stories.stories WHERE deleted_at < now() - make_interval(days => $1)
       ORDER BY deleted_at LIMIT 100 FOR UPDATE SKIP LOCKED`,
      [retentionDays],
    );
    const ids = due.map(({ id }) => id);
    if (ids.length === 0) return 0;
    const removed = await this.removeResponses(ids, limit);
    if (removed > 0) return removed;
    return this.sql.execute('DELETE FROM stories.stories WHERE id = ANY ($1::uuid[])', [ids]);
  }

  /**
   * Removes stories of a user who is being erased, with their views, reactions and replies, without raising events.
   *
   * @param limit maximum rows of a table
   * @returns number of removed rows
   */
  async eraseBy(authorId: string, limit: number): Promise<number> {
    const found = await this.sql.rows<{ id: string }>(
      'SELECT id FROM stories.stories WHERE author_id = $1 LIMIT 100 FOR UPDATE',
      [authorId],
    );
    const ids = found.map(({ id }) => id);
    if (ids.length === 0) return 0;
    const removed = await this.removeResponses(ids, limit);
    if (removed > 0) return removed;
    return this.sql.execute('DELETE FROM stories.stories WHERE id = ANY ($1::uuid[])', [ids]);
  }

  /** Rows of these tables are never updated, so a scan by `ctid` misses none. */
  private async removeResponses(storyIds: readonly string[], limit: number): Promise<number> {
    let removed = 0;
    for (const table of [
      'story_views',
      'reactions',
      'replies',
      'audiences',
      'feed_items',
      'response_changes',
    ]) {
      removed += await this.sql.execute(
        `DELETE FROM stories.${table} WHERE ctid = ANY (ARRAY (
           SELECT ctid FROM stories.${table} WHERE story_id = ANY ($1::uuid[]) LIMIT $2))`,
        [storyIds, limit],
      );
    }
    return (
      removed +
      (await this.sql.execute('DELETE FROM stories.response_counts WHERE story_id = ANY ($1::uuid[])', [
        storyIds,
      ]))
    );
  }

  /** In the same order for all callers, to prevent deadlocks. */
  private async detach(stories: readonly { id: string; mediaKey: string | null }[]): Promise<void> {
    const shown = stories.flatMap(({ id, mediaKey }) => (mediaKey === null ? [] : [{ id, mediaKey }]));
    for (const { id, mediaKey } of shown.sort((a, b) => (a.mediaKey < b.mediaKey ? -1 : 1)))
      await this.media.detach(mediaKey, useOf({ id }));
  }

  private async raise(
    stories: readonly EndedStory[],
    eventOf: (story: EndedStory) => Pick<RaisedEvent, 'definition' | 'data'>,
  ): Promise<void> {
    if (stories.length === 0) return;
    await this.events.append(
      stories.map((story) => ({ ...eventOf(story), subject: story.id, sequence: story.version })),
    );
  }
}

/** @returns the name under which a story uses its media */
function useOf({ id }: { id: string }): string {
  return `stories:${id}`;
}
