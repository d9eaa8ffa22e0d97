import type { EventOf } from '@rookery/domain';
import { type Handles, Queues, Subscriber } from '@rookery/messaging';
import { AccessReset } from '../../../identity/contract';
import { Webhooks } from '../../storage/webhooks';

/** Somebody who had stolen a session may have created a webhook: its owner decides which go on. */
@Subscriber('webhooks.stop-after-reset', AccessReset, { queue: Queues.projections })
export class StopAfterReset implements Handles<typeof AccessReset> {
  constructor(private readonly webhooks: Webhooks) {}

  async handle({ data: { userId } }: EventOf<typeof AccessReset>): Promise<void> {
    await this.webhooks.pauseAll(userId, 'access-reset');
  }
}
