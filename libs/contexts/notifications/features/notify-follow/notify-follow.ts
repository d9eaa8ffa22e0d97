import type { EventOf } from '@rookery/domain';
import { type Handles, Queues, Subscriber } from '@rookery/messaging';
import { UserFollowed } from '../../../social/contract';
import { Notify } from '../../services/notify';

/** Notifies users of new followers. */
@Subscriber('notifications.notify-follow', UserFollowed, { queue: Queues.notifications })
export class NotifyFollow implements Handles<typeof UserFollowed> {
  constructor(private readonly notify: Notify) {}

  async handle({ data: { userId, otherId } }: EventOf<typeof UserFollowed>): Promise<void> {
    await this.notify.lock(otherId);
    await this.notify.of({ kind: 'follow', targetId: otherId, actorId: userId, recipientIds: [otherId] });
  }
}
