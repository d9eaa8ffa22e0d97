import type { EventOf } from '@rookery/domain';
import { type Handles, Queues, Subscriber } from '@rookery/messaging';
import { StoryReacted, StoryReplied } from '../../../stories/contract';
import { Notify } from '../../services/notify';

const RESPONSES = [StoryReacted, StoryReplied];

/** Notifies authors of reactions and replies to their stories. */
@Subscriber('notifications.notify-story-response', RESPONSES, { queue: Queues.notifications })
export class NotifyStoryResponse implements Handles<(typeof RESPONSES)[number]> {
  constructor(private readonly notify: Notify) {}

  handle({ data }: EventOf<(typeof RESPONSES)[number]>): Promise<void> {
    const { storyId, authorId, userId } = data;
    const kind = 'emoji' in data ? 'storyReaction' : 'storyReply';
    return this.notify.one({ kind, targetId: storyId, actorId: userId, recipientId: authorId });
  }
}
