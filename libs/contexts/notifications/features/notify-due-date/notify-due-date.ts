import type { EventOf } from '@rookery/domain';
import { type Handles, Queues, Subscriber } from '@rookery/messaging';
import { TodoDueSoon, TodoOverdue } from '../../../todos/contract';
import { Notify } from '../../services/notify';

const NOTICES = [TodoDueSoon, TodoOverdue];

/** Tells users what they have to do soon, and what is overdue. */
@Subscriber('notifications.notify-due-date', NOTICES, { queue: Queues.notifications })
export class NotifyDueDate implements Handles<(typeof NOTICES)[number]> {
  constructor(private readonly notify: Notify) {}

  handle({ type, data }: EventOf<(typeof NOTICES)[number]>): Promise<void> {
    const { todoId, workspaceId, userId } = data;
    const kind = type === TodoOverdue.type ? 'todoOverdue' : 'todoDueSoon';
    return this.notify.one({
      kind,
      targetId: todoId,
      scopeId: workspaceId,
      actorId: null,
      recipientId: userId,
    });
  }
}
