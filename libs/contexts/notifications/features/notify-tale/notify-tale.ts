import type { EventOf } from '@rookery/domain';
import { type Handles, Queues, Subscriber } from '@rookery/messaging';
import { TaleFailed, TaleGenerated } from '../../../tales/contract';
import { Notify } from '../../services/notify';

const ENDS = [TaleFailed, TaleGenerated];

/** Notifies users that a tale they requested is ready, or could not be written. */
@Subscriber('notifications.notify-tale', ENDS, { queue: Queues.notifications })
export class NotifyTale implements Handles<(typeof ENDS)[number]> {
  constructor(private readonly notify: Notify) {}

  handle({ type, subject, data: { userId } }: EventOf<(typeof ENDS)[number]>): Promise<void> {
    const kind = type === TaleFailed.type ? 'taleFailed' : 'taleReady';
    return this.notify.one({ kind, targetId: subject, actorId: null, recipientId: userId });
  }
}
