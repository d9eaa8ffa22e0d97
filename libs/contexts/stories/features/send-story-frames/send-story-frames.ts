import type { EventOf } from '@rookery/domain';
import { type Handles, Queues, Subscriber } from '@rookery/messaging';
import { Sql } from '@rookery/persistence';
import { Frames } from '@rookery/realtime';
import { Relations } from '../../../social/contract';
import { StoryExpired, StoryReacted, StoryReplied, StoryViewed } from '../../contract';
import { ExpiredFrame, ReactedFrame, RepliedFrame, ViewedFrame } from '../../frames';

const RESPONSES = [StoryReacted, StoryReplied, StoryViewed];
type Response = EventOf<(typeof RESPONSES)[number]>;

/**
 * Notifies only the author of views, reactions and replies, unless the story has been deleted or one of the two users
 * has blocked the other in the meantime.
 */
@Subscriber('stories.send-response-frames', RESPONSES, { queue: Queues.realtime })
export class SendResponseFrames implements Handles<(typeof RESPONSES)[number]> {
  constructor(
    private readonly frames: Frames,
    private readonly relations: Relations,
    private readonly sql: Sql,
  ) {}

  async handle({ subject, data }: Response): Promise<void> {
    const { authorId, storyId } = data;
    const userId = 'viewerId' in data ? data.viewerId : data.userId;
    if (userId === authorId || !(await this.isShown(storyId, authorId, userId))) return;
    if ('viewerId' in data) {
      const { viewerId, viewedAt } = data;
      return this.frames.send(ViewedFrame, [authorId], { storyId, viewerId, viewedAt });
    }
    if ('emoji' in data) {
      return this.frames.send(ReactedFrame, [authorId], { storyId, userId, emoji: data.emoji });
    }
    return this.frames.send(RepliedFrame, [authorId], { storyId, replyId: subject, userId });
  }

  private async isShown(storyId: string, authorId: string, userId: string): Promise<boolean> {
    const story = await this.sql.row('SELECT FROM stories.stories WHERE id = $1 AND deleted_at IS NULL', [
      storyId,
    ]);
    return story !== undefined && (await this.relations.viewersOf(authorId, [userId])).has(userId);
  }
}

/** Notifies the author that a story has expired. */
@Subscriber('stories.send-expiry-frames', StoryExpired, { queue: Queues.realtime })
export class SendExpiryFrames implements Handles<typeof StoryExpired> {
  constructor(private readonly frames: Frames) {}

  handle({ subject, data }: EventOf<typeof StoryExpired>): Promise<void> {
    return this.frames.send(ExpiredFrame, [data.authorId], { storyId: subject, highlighted: data.kept });
  }
}
