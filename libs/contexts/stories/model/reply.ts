import { Aggregate, type AggregateState, newId } from '@rookery/domain';
import { StoryReplied } from '../contract';

export interface ReplyState extends AggregateState {
  storyId: string;
  storyAuthorId: string;
  /** Who replied. */
  authorId: string;
  text: string;
  createdAt: Date;
}

/** A reply to a story. */
export class Reply extends Aggregate<ReplyState> {
  static send(on: Pick<ReplyState, 'storyId' | 'storyAuthorId' | 'authorId' | 'text'>, now: Date): Reply {
    const reply = new Reply({ ...on, id: newId(), version: 0, createdAt: now });
    const { storyId, storyAuthorId, authorId } = on;
    reply.raise(StoryReplied, { storyId, authorId: storyAuthorId, userId: authorId });
    return reply;
  }

  get storyId(): string {
    return this.state.storyId;
  }
}
