import type { EventOf } from '@rookery/domain';
import { type Handles, Queues, Subscriber } from '@rookery/messaging';
import { MemberAdded, MemberRemoved, MemberRoleChanged } from '../../../workspaces/contract';
import { Notify } from '../../services/notify';

const CHANGES = [MemberAdded, MemberRemoved, MemberRoleChanged];

/** Notifies users that somebody else has added them to a workspace, changed their role there, or removed them. */
@Subscriber('notifications.notify-membership', CHANGES, { queue: Queues.notifications })
export class NotifyMembership implements Handles<(typeof CHANGES)[number]> {
  constructor(private readonly notify: Notify) {}

  async handle({ type, actorId, data }: EventOf<(typeof CHANGES)[number]>): Promise<void> {
    const { workspaceId, userId } = data;
    const to = { targetId: workspaceId, actorId, recipientId: userId };
    // Nothing for users who left by choice, or who created the workspace.
    if (type === MemberRoleChanged.type)
      return this.notify.one({ ...to, kind: 'workspaceRole', scopeId: workspaceId });
    if (actorId === null || ('reason' in data && data.reason !== 'removed')) return;
    // No scope, because this notification must stay when those of the workspace are removed.
    if (type === MemberRemoved.type) return this.notify.one({ ...to, kind: 'workspaceRemoved' });
    return this.notify.one({ ...to, kind: 'workspaceAdded', scopeId: workspaceId });
  }
}
