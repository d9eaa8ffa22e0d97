import type { EventOf } from '@rookery/domain';
import { type Handles, Queues, Subscriber } from '@rookery/messaging';
import { PostHeadlines, PostLiked } from '../../../social/contract';
import { Notify } from '../../services/notify';

/** Notifies authors of likes of their posts. */
@Subscriber('notifications.notify-like', PostLiked, { queue: Queues.notifications })
export class NotifyLike implements Handles<typeof PostLiked> {
  constructor(
    private readonly headlines: PostHeadlines,
    private readonly notify: Notify,
  ) {}

  async handle({ data: { postId, userId } }: EventOf<typeof PostLiked>): Promise<void> {
    await this.notify.lock(postId);
    const post = (await this.headlines.find([postId])).get(postId);
    if (!post) return;
    await this.notify.of({ kind: 'like', targetId: postId, actorId: userId, recipientIds: [post.authorId] });
  }
}
