import { Clock, type EventOf } from '@rookery/domain';
import { type Handles, Queues, Subscriber } from '@rookery/messaging';
import { TodoCreated, TodoUpdated } from '../../../todos/contract';
import { GROUP_MS } from '../../model/kinds';
import { Notify } from '../../services/notify';
import { Notifications } from '../../storage/notifications';

const CHANGES = [TodoCreated, TodoUpdated];

/** Assignments in one workspace within an hour that get their own notification. Otherwise an import would fill the inbox. */
const MAX_SINGLE = 20;

/** Notifies members of todos that others assign to them. Many assignments in a short time are combined. */
@Subscriber('notifications.notify-assignment', CHANGES, { queue: Queues.notifications })
export class NotifyAssignment implements Handles<(typeof CHANGES)[number]> {
  constructor(
    private readonly clock: Clock,
    private readonly notifications: Notifications,
    private readonly notify: Notify,
  ) {}

  async handle({ subject, actorId, data }: EventOf<(typeof CHANGES)[number]>): Promise<void> {
    const { assigneeId, workspaceId } = data;
    const assigned = !('changed' in data) || data.changed.includes('assigneeId');
    if (assigneeId === null || actorId === null || assigneeId === actorId || !assigned) return;
    // Serialized, so that the count is correct.
    await this.notify.lock(`${workspaceId}/${assigneeId}`);
    const since = new Date(this.clock.now().getTime() - GROUP_MS);
    const kind = 'todoAssigned';
    const told = { scopeId: workspaceId, actorId, recipientId: assigneeId };
    const singles = await this.notifications.countSince(
      assigneeId,
      { kind, scopeId: workspaceId },
      since,
      MAX_SINGLE,
    );
    await this.notify.one(
      singles < MAX_SINGLE
        ? { ...told, kind, targetId: subject }
        : { ...told, kind: 'todosAssigned', moreOf: kind, targetId: workspaceId },
    );
  }
}
