import type { EventOf } from '@rookery/domain';
import { type Handles, Queues, Subscriber } from '@rookery/messaging';
import { TodoCreated, TodoUpdated } from '../../../todos/contract';
import { Notify } from '../../services/notify';

const CHANGES = [TodoCreated, TodoUpdated];

/** Tells members which todos others assign to them. */
@Subscriber('notifications.notify-assignment', CHANGES, { queue: Queues.notifications })
export class NotifyAssignment implements Handles<(typeof CHANGES)[number]> {
  constructor(private readonly notify: Notify) {}

  async handle({ subject, actorId, data }: EventOf<(typeof CHANGES)[number]>): Promise<void> {
    const { assigneeId, workspaceId } = data;
    const assigned = !('changed' in data) || data.changed.includes('assigneeId');
    if (assigneeId === null || actorId === null || !assigned) return;
    await this.notify.one({
      kind: 'todoAssigned',
      targetId: subject,
      scopeId: workspaceId,
      actorId,
      recipientId: assigneeId,
    });
  }
}
