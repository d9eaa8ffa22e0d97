import { Clock, type EventOf } from '@rookery/domain';
import { type Handles, Queues, Subscriber } from '@rookery/messaging';
import { TodoDueSoon, TodoOverdue } from '../../../todos/contract';
import { GROUP_MS } from '../../model/kinds';
import { Notify } from '../../services/notify';
import { Notifications } from '../../storage/notifications';

const NOTICES = [TodoDueSoon, TodoOverdue];

/** Due dates in one workspace within an hour that get their own notification: hundreds can be due at nine. */
const MAX_SINGLE = 20;

/** Notifies users of todos that are due soon or overdue. Many of them in a short time are combined. */
@Subscriber('notifications.notify-due-date', NOTICES, { queue: Queues.notifications })
export class NotifyDueDate implements Handles<(typeof NOTICES)[number]> {
  constructor(
    private readonly clock: Clock,
    private readonly notifications: Notifications,
    private readonly notify: Notify,
  ) {}

  async handle({ type, data }: EventOf<(typeof NOTICES)[number]>): Promise<void> {
    const { todoId, workspaceId: scopeId, userId: recipientId } = data;
    const kind = type === TodoOverdue.type ? 'todoOverdue' : 'todoDueSoon';
    // Serialized, so that the count is correct.
    await this.notify.lock(`${scopeId}/${recipientId}`);
    const since = new Date(this.clock.now().getTime() - GROUP_MS);
    const singles = await this.notifications.countSince(recipientId, { kind, scopeId }, since, MAX_SINGLE);
    const told = { scopeId, actorId: null, recipientId };
    await this.notify.one(
      singles < MAX_SINGLE
        ? { ...told, kind, targetId: todoId }
        : { ...told, kind: 'todosDue', moreOf: kind, targetId: scopeId },
    );
  }
}
