import type { EventOf } from '@rookery/domain';
import { type Handles, Queues, Subscriber } from '@rookery/messaging';
import {
  InviteExpired,
  InviteRevoked,
  MemberInvited,
  WorkspaceHeadlines,
} from '../../../workspaces/contract';
import { Notify } from '../../services/notify';
import { Notifications } from '../../storage/notifications';

const CHANGES = [InviteExpired, InviteRevoked, MemberInvited];

/**
 * Notifies users of invites, also to their address, until the invite is revoked or expires. Ordered, because each event
 * ignores the others.
 */
@Subscriber('notifications.notify-invite', CHANGES, { queue: Queues.notifications, ordered: true })
export class NotifyInvite implements Handles<(typeof CHANGES)[number]> {
  constructor(
    private readonly notifications: Notifications,
    private readonly notify: Notify,
    private readonly workspaces: WorkspaceHeadlines,
  ) {}

  async handle({ type, subject, actorId, data }: EventOf<(typeof CHANGES)[number]>): Promise<void> {
    if (type !== MemberInvited.type) return this.notifications.removeSource(subject);
    const recipientId = await this.workspaces.inviteeOf(subject);
    if (recipientId === undefined) return;
    const { workspaceId } = data;
    await this.notify.one({
      kind: 'workspaceInvite',
      targetId: workspaceId,
      sourceId: subject,
      scopeId: workspaceId,
      actorId,
      recipientId,
    });
  }
}
