import type { EventOf } from '@rookery/domain';
import { type Handles, Queues, Subscriber } from '@rookery/messaging';
import { MemberAdded, MemberRemoved, MemberRoleChanged } from '../../../workspaces/contract';
import { Notify } from '../../services/notify';

const CHANGES = [MemberAdded, MemberRemoved, MemberRoleChanged];

/** Tells users that somebody else has added them to a workspace, given them another role there, or removed them. */
@Subscriber('notifications.notify-membership', CHANGES, { queue: Queues.notifications })
export class NotifyMembership implements Handles<(typeof CHANGES)[number]> {
  constructor(private readonly notify: Notify) {}

  async handle({ type, actorId, data }: EventOf<(typeof CHANGES)[number]>): Promise<void> {
    const { workspaceId, userId } = data;
    const to = { targetId: workspaceId, actorId, recipientId: userId };
    // Who has gone by choice knows, and so does who has got a workspace of their own.
    if (type === MemberRoleChanged.type)
      return this.notify.one({ ...to, kind: 'workspaceRole', scopeId: workspaceId });
    if (actorId === null || ('reason' in data && data.reason !== 'removed')) return;
    // What says that they are not in it any more does not go with what was in it.
    if (type === MemberRemoved.type) return this.notify.one({ ...to, kind: 'workspaceRemoved' });
    return this.notify.one({ ...to, kind: 'workspaceAdded', scopeId: workspaceId });
  }
}
