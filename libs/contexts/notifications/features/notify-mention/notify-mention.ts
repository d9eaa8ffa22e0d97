import type { EventOf } from '@rookery/domain';
import { type Handles, Queues, Subscriber } from '@rookery/messaging';
import {
  TodoCommentAdded,
  TodoCommentDeleted,
  TodoCommentUpdated,
  TodoHeadlines,
} from '../../../todos/contract';
import { Notify } from '../../services/notify';
import { Notifications } from '../../storage/notifications';

const CHANGES = [TodoCommentAdded, TodoCommentDeleted, TodoCommentUpdated];
type Change = typeof TodoCommentAdded | typeof TodoCommentDeleted;

/** Notifies members mentioned in comments, until the comment is deleted. Ordered, because each event ignores the other. */
@Subscriber('notifications.notify-mention', CHANGES, { queue: Queues.notifications, ordered: true })
export class NotifyMention implements Handles<Change> {
  constructor(
    private readonly notifications: Notifications,
    private readonly notify: Notify,
    private readonly todos: TodoHeadlines,
  ) {}

  async handle({ subject, data }: EventOf<Change>): Promise<void> {
    if (!('mentionedIds' in data)) return this.notifications.removeSource(subject);
    const { todoId, workspaceId, authorId, mentionedIds } = data;
    if (mentionedIds.length === 0) return;
    await this.notify.lock(todoId);
    const viewers = await this.todos.viewersOf(todoId, mentionedIds);
    await this.notify.of({
      kind: 'todoMention',
      targetId: todoId,
      sourceId: subject,
      scopeId: workspaceId,
      actorId: authorId,
      recipientIds: [...viewers],
    });
  }
}
