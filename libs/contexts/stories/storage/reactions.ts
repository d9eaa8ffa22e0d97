import { Injectable } from '@nestjs/common';
import { Outbox, Repository, Sql, type StoredAs, Transaction } from '@rookery/persistence';
import { EntitySchema } from 'typeorm';
import type { Emoji } from '../model/emoji';
import { Reaction, type ReactionState } from '../model/reaction';
import { ResponseCounts } from './response-counts';

export const reactionSchema = new EntitySchema<ReactionState>({
  name: 'StoryReaction',
  schema: 'stories',
  tableName: 'reactions',
  columns: {
    id: { type: 'uuid', primary: true },
    version: { type: 'int' },
    storyId: { type: 'uuid', name: 'story_id' },
    storyAuthorId: { type: 'uuid', name: 'story_author_id' },
    userId: { type: 'uuid', name: 'user_id' },
    emoji: { type: 'text' },
    reactedAt: { type: 'timestamptz', precision: 3, name: 'reacted_at' },
  },
});

/** Reactions to stories, and their counts. */
@Injectable()
export class Reactions extends Repository<ReactionState, Reaction> {
  protected readonly storedAs: StoredAs<ReactionState, Reaction> = {
    schema: reactionSchema,
    restore: (state) => new Reaction(state),
  };

  constructor(
    transaction: Transaction,
    sql: Sql,
    outbox: Outbox,
    private readonly counts: ResponseCounts,
  ) {
    super(transaction, sql, outbox);
  }

  /**
   * Locks the combination of user, story and emoji until the current transaction ends.
   *
   * @returns the user's reaction; undefined if there is none
   */
  async lockOf(storyId: string, userId: string, emoji: Emoji): Promise<Reaction | undefined> {
    this.sql.send(
      `SELECT pg_advisory_xact_lock(hashtextextended('stories.reaction:' || $1::text || $2::text || $3::text, 0))`,
      [storyId, userId, emoji],
    );
    return this.find({ storyId, userId, emoji });
  }

  override async save(reaction: Reaction): Promise<void> {
    this.counts.change(reaction.storyId, reaction.emoji, 1);
    await super.save(reaction);
  }

  override async remove(reaction: Reaction): Promise<void> {
    this.counts.change(reaction.storyId, reaction.emoji, -1);
    await super.remove(reaction);
  }
}
