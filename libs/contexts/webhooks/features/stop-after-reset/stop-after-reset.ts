import type { EventOf } from '@rookery/domain';
import { type Handles, Queues, Subscriber } from '@rookery/messaging';
import { AccessReset } from '../../../identity/contract';
import { Webhooks } from '../../storage/webhooks';

/**
 * Disables all webhooks of the user: somebody who stole a session can have created some. The owner decides which to
 * activate again.
 */
@Subscriber('webhooks.stop-after-reset', AccessReset, { queue: Queues.projections })
export class StopAfterReset implements Handles<typeof AccessReset> {
  constructor(private readonly webhooks: Webhooks) {}

  async handle({ data: { userId } }: EventOf<typeof AccessReset>): Promise<void> {
    await this.webhooks.pauseAll(userId, 'access-reset');
  }
}
