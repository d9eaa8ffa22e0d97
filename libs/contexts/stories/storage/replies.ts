import { Injectable } from '@nestjs/common';
import { Outbox, Repository, Sql, type StoredAs, Transaction } from '@rookery/persistence';
import { EntitySchema } from 'typeorm';
import { Reply, type ReplyState } from '../model/reply';
import { ResponseCounts } from './response-counts';

export const replySchema = new EntitySchema<ReplyState>({
  name: 'StoryReply',
  schema: 'stories',
  tableName: 'replies',
  columns: {
    id: { type: 'uuid', primary: true },
    version: { type: 'int' },
    storyId: { type: 'uuid', name: 'story_id' },
    storyAuthorId: { type: 'uuid', name: 'story_author_id' },
    authorId: { type: 'uuid', name: 'author_id' },
    text: { type: 'text' },
    createdAt: { type: 'timestamptz', precision: 3, name: 'created_at' },
  },
});

/** Replies to stories, and their numbers. */
@Injectable()
export class Replies extends Repository<ReplyState, Reply> {
  protected readonly storedAs: StoredAs<ReplyState, Reply> = {
    schema: replySchema,
    restore: (state) => new Reply(state),
  };

  constructor(
    transaction: Transaction,
    sql: Sql,
    outbox: Outbox,
    private readonly counts: ResponseCounts,
  ) {
    super(transaction, sql, outbox);
  }

  override async save(reply: Reply): Promise<void> {
    this.counts.change(reply.storyId, 'replies', 1);
    await super.save(reply);
  }

  /**
   * Removes the replies of a user who is being erased, without raising events.
   *
   * @returns number of removed replies
   */
  async eraseBy(authorId: string, limit: number): Promise<number> {
    const row = await this.sql.row<{ removed: number }>(
      `WITH removed AS (
         DELETE FROM stories.replies WHERE id IN (SELECT id FROM stories.replies WHERE author_id = $1 LIMIT $2)
         RETURNING story_id
       ), changed AS (
         INSERT INTO stories.response_changes (story_id, kind, change) SELECT story_id, 'replies', -1 FROM removed)
       SELECT count(*)::int AS removed FROM removed`,
      [authorId, limit],
    );
    return row!.removed;
  }
}
