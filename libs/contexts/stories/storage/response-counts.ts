import { Injectable } from '@nestjs/common';
import { NIL_UUID } from '@rookery/domain';
import { FoldedCounts } from '@rookery/persistence';
import type { Emoji } from '../model/emoji';

/** What is counted for a story: views, replies, or reactions with one emoji. */
export type ResponseKind = 'views' | 'replies' | Emoji;

/** Stories to recount at once. Small, because a single story can have very many views. */
const RECOUNT_MAX = 100;

/** Where responses are stored: the column of the user who responded, and SQL for the counted kind. */
const RESPONSES = {
  story_views: { by: 'viewer_id', kind: `'views'` },
  reactions: { by: 'user_id', kind: 'emoji' },
  replies: { by: 'author_id', kind: `'replies'` },
} as const;

/** The counts of views, replies and reactions of each story. */
@Injectable()
export class ResponseCounts extends FoldedCounts {
  protected readonly lockName = 'stories.response-counts';
  protected readonly changes = 'stories.response_changes';

  /** Appends a change in the current transaction. */
  change(storyId: string, kind: ResponseKind, change: 1 | -1): void {
    this.sql.send('INSERT INTO stories.response_changes (story_id, kind, change) VALUES ($1, $2, $3)', [
      storyId,
      kind,
      change,
    ]);
  }

  /**
   * Removes responses of a user who is being erased, without raising events. Rows of these tables are never updated, so
   * a scan by `ctid` misses none.
   *
   * @returns number of removed rows
   */
  async eraseBy(userId: string, table: keyof typeof RESPONSES, limit: number): Promise<number> {
    const { by, kind } = RESPONSES[table];
    const row = await this.sql.row<{ removed: number }>(
      `WITH removed AS (
         DELETE FROM stories.${table} WHERE ctid = ANY (ARRAY (
           SELECT ctid FROM stories.${table} WHERE ${by} = $1 LIMIT $2)) RETURNING story_id, ${kind} AS kind
       ), changed AS (
         INSERT INTO stories.response_changes (story_id, kind, change) SELECT story_id, kind, -1 FROM removed)
       SELECT count(*)::int AS removed FROM removed`,
      [userId, limit],
    );
    return row!.removed;
  }

  /** Changes of deleted stories are discarded. */
  protected override async apply(take: (columns: string) => string): Promise<void> {
    await this.sql.execute(
      `WITH taken AS (${take('story_id, kind, change')}), sums AS (
         SELECT story_id, kind, sum(change)::int AS change FROM taken GROUP BY story_id, kind
       )
       INSERT INTO stories.response_counts AS counted (story_id, kind, count)
       SELECT story_id, kind, change FROM sums
       WHERE change <> 0 AND EXISTS (SELECT FROM stories.stories WHERE id = story_id AND deleted_at IS NULL)
       ON CONFLICT (story_id, kind) DO UPDATE SET count = counted.count + excluded.count`,
    );
  }

  /** Removes the counts of a story that nobody can see any more. */
  async drop(storyId: string): Promise<void> {
    await this.sql.execute('DELETE FROM stories.response_counts WHERE story_id = $1', [storyId]);
  }

  /**
   * Recounts the responses to some stories.
   *
   * @param after last story of the previous batch; null for the first
   * @param limit maximum number of stories
   * @returns last story of this batch; null if there are no more
   */
  async recount(after: string | null, limit: number): Promise<string | null> {
    await this.lock();
    const stories = await this.sql.rows<{ id: string }>(
      'SELECT id FROM stories.stories WHERE id > $1 AND deleted_at IS NULL ORDER BY id LIMIT $2',
      [after ?? NIL_UUID, Math.min(limit, RECOUNT_MAX)],
    );
    // One statement, so that exactly the changes of the counted rows are discarded.
    await this.sql.execute(
      `WITH dropped AS (DELETE FROM stories.response_changes WHERE story_id = ANY ($1::uuid[])),
            counted AS (
              SELECT story_id, 'views' AS kind, count(*)::int AS count FROM stories.story_views
              WHERE story_id = ANY ($1::uuid[]) GROUP BY story_id
              UNION ALL
              SELECT story_id, 'replies', count(*)::int FROM stories.replies
              WHERE story_id = ANY ($1::uuid[]) GROUP BY story_id
              UNION ALL
              SELECT story_id, emoji, count(*)::int FROM stories.reactions
              WHERE story_id = ANY ($1::uuid[]) GROUP BY story_id, emoji),
            none AS (
              DELETE FROM stories.response_counts known WHERE story_id = ANY ($1::uuid[])
              AND NOT EXISTS (SELECT FROM counted WHERE counted.story_id = known.story_id AND counted.kind = known.kind))
       INSERT INTO stories.response_counts AS known (story_id, kind, count) SELECT story_id, kind, count FROM counted
       ON CONFLICT (story_id, kind) DO UPDATE SET count = excluded.count WHERE known.count <> excluded.count`,
      [stories.map(({ id }) => id)],
    );
    return stories.at(-1)?.id ?? null;
  }
}
