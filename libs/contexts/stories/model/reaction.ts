import { Aggregate, type AggregateState, newId } from '@rookery/domain';
import { ReactionRemoved, StoryReacted } from '../contract';
import type { Emoji } from './emoji';

export interface ReactionState extends AggregateState {
  storyId: string;
  storyAuthorId: string;
  userId: string;
  emoji: Emoji;
  reactedAt: Date;
}

/** A reaction to a story: at most one of each emoji for a user. It is removed when it is withdrawn. */
export class Reaction extends Aggregate<ReactionState> {
  static give(
    on: Pick<ReactionState, 'storyId' | 'storyAuthorId' | 'userId' | 'emoji'>,
    now: Date,
  ): Reaction {
    const reaction = new Reaction({ ...on, id: newId(), version: 0, reactedAt: now });
    reaction.raise(StoryReacted, reaction.data);
    return reaction;
  }

  get storyId(): string {
    return this.state.storyId;
  }

  get emoji(): Emoji {
    return this.state.emoji;
  }

  withdraw(): void {
    this.raise(ReactionRemoved, this.data);
  }

  private get data() {
    const { storyId, storyAuthorId: authorId, userId, emoji } = this.state;
    return { storyId, authorId, userId, emoji };
  }
}
