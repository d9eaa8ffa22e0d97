import { Injectable } from '@nestjs/common';
import { Rejection } from '@rookery/domain';
import { Outbox, Repository, Sql, type StoredAs, Transaction } from '@rookery/persistence';
import { EntitySchema } from 'typeorm';
import { Highlight, type HighlightState } from '../model/highlight';
import { NotHighlightable } from '../model/rejections';
import { type EndedStory, Stories } from './stories';

export const highlightSchema = new EntitySchema<HighlightState>({
  name: 'Highlight',
  schema: 'stories',
  tableName: 'highlights',
  columns: {
    id: { type: 'uuid', primary: true },
    version: { type: 'int' },
    ownerId: { type: 'uuid', name: 'owner_id' },
    name: { type: 'text' },
    storyIds: { type: 'uuid', array: true, name: 'story_ids' },
    createdAt: { type: 'timestamptz', precision: 3, name: 'created_at' },
  },
});

/**
 * The highlights of all users. The number of highlights that hold a story is a column of the story. {@link keep} and
 * {@link release} change it while they hold the lock of the story, so that the expiry knows which stories to keep.
 */
@Injectable()
export class Highlights extends Repository<HighlightState, Highlight> {
  protected readonly storedAs: StoredAs<HighlightState, Highlight> = {
    schema: highlightSchema,
    restore: (state) => new Highlight(state),
  };

  constructor(
    transaction: Transaction,
    sql: Sql,
    outbox: Outbox,
    private readonly stories: Stories,
  ) {
    super(transaction, sql, outbox);
  }

  /** @returns number of highlights of a user, which nobody else changes until the current transaction ends */
  async countLocked(ownerId: string): Promise<number> {
    await this.sql.execute(
      `SELECT pg_advisory_xact_lock(hashtextextended('stories.highlights:' || $1::text, 0))`,
      [ownerId],
    );
    const row = await this.sql.row<{ count: number }>(
      'SELECT count(*)::int AS count FROM stories.highlights WHERE owner_id = $1',
      [ownerId],
    );
    return row!.count;
  }

  /**
   * Moves the holds of a highlight from some stories to others.
   *
   * @param before stories that it held
   * @param after stories that it holds afterwards
   * @returns stories that are deleted because they have expired and no highlight holds them any more
   * @throws Rejection `stories.not-highlightable` unless each added story is the owner's and can still be seen
   */
  async hold(ownerId: string, before: readonly string[], after: readonly string[]): Promise<EndedStory[]> {
    const added = after.filter((id) => !before.includes(id));
    const removed = before.filter((id) => !after.includes(id));
    // All callers lock in one order, added and removed stories together, to prevent deadlocks.
    const stories = await this.sql.rows<{ id: string; visible: boolean }>(
      `SELECT id, deleted_at IS NULL AND (expires_at > now() OR highlights > 0) AS visible
       FROM stories.stories WHERE id = ANY ($1::uuid[]) AND author_id = $2 ORDER BY id FOR NO KEY UPDATE`,
      [[...added, ...removed], ownerId],
    );
    const visible = new Set(stories.flatMap((story) => (story.visible ? [story.id] : [])));
    if (!added.every((id) => visible.has(id))) throw new Rejection(NotHighlightable);
    await this.sql.execute(
      `UPDATE stories.stories SET highlights = highlights + CASE WHEN id = ANY ($1::uuid[]) THEN 1 ELSE -1 END
       WHERE id = ANY ($1::uuid[] || $2::uuid[])`,
      [added, removed],
    );
    return removed.length > 0 ? this.stories.deleteEnded(removed) : [];
  }

  /**
   * Removes highlights of a user who is being erased, without raising events; their stories are erased next.
   *
   * @returns number of removed highlights
   */
  async eraseBy(ownerId: string, limit: number): Promise<number> {
    return this.sql.execute(
      `DELETE FROM stories.highlights WHERE id IN (SELECT id FROM stories.highlights WHERE owner_id = $1 LIMIT $2)`,
      [ownerId, limit],
    );
  }
}
