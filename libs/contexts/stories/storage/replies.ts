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

/** Replies to stories, and their counts. */
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
}
