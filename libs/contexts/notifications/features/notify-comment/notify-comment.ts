import type { EventOf } from '@rookery/domain';
import { type Handles, Queues, Subscriber } from '@rookery/messaging';
import { CommentAdded, CommentDeleted, PostHeadlines } from '../../../social/contract';
import { Notify } from '../../services/notify';
import { Notifications } from '../../storage/notifications';

const CHANGES = [CommentAdded, CommentDeleted];

/** Notifies authors of comments on their posts, until the comment is deleted. Ordered, because each event ignores the other. */
@Subscriber('notifications.notify-comment', CHANGES, { queue: Queues.notifications, ordered: true })
export class NotifyComment implements Handles<(typeof CHANGES)[number]> {
  constructor(
    private readonly headlines: PostHeadlines,
    private readonly notifications: Notifications,
    private readonly notify: Notify,
  ) {}

  async handle({ type, subject, data }: EventOf<(typeof CHANGES)[number]>): Promise<void> {
    if (type === CommentDeleted.type) return this.notifications.removeSource(subject);
    const { postId, authorId } = data;
    await this.notify.lock(postId);
    const post = (await this.headlines.find([postId])).get(postId);
    if (!post) return;
    await this.notify.of({
      kind: 'comment',
      targetId: postId,
      sourceId: subject,
      actorId: authorId,
      recipientIds: [post.authorId],
    });
  }
}
