import type { EventEnvelope } from '@rookery/domain';
import { type Handles, Queues, Subscriber } from '@rookery/messaging';
import { PostHeadlines } from '../../../social/contract';
import { Memberships } from '../../../workspaces/contract';
import { FAN_OUT, interestsIn, OFFERED_EVENTS, toldOf } from '../../offered-events';
import { DeliveryViewers } from '../../services/viewers';
import { WebhookDeliveries } from '../../storage/deliveries';
import { Webhooks } from '../../storage/webhooks';

/**
 * Creates a delivery for each webhook that must receive an event. Events without such a webhook are filtered out
 * earlier: see `Interests`. Processes events in order, so that the earlier deliveries of a subject exist before the
 * later ones.
 */
@Subscriber(FAN_OUT, OFFERED_EVENTS, { queue: Queues.projections, ordered: true, interest: interestsIn })
export class FanOut implements Handles<(typeof OFFERED_EVENTS)[number]> {
  constructor(
    private readonly deliveries: WebhookDeliveries,
    private readonly headlines: PostHeadlines,
    private readonly memberships: Memberships,
    private readonly viewers: DeliveryViewers,
    private readonly webhooks: Webhooks,
  ) {}

  async handle(event: EventEnvelope): Promise<void> {
    const { type, version, id, occurredAt: timestamp, subject, sequence, data } = event;
    const found = await toldOf(event, { headlines: this.headlines, memberships: this.memberships });
    const told = new Map(found.map((each) => [each.to, each]));
    const webhooks = await this.webhooks.subscribed([...told.keys()], type);
    if (webhooks.length === 0) return;
    const owners = new Set(webhooks.map(({ ownerId }) => ownerId));
    for (const owner of owners) {
      const { about, workspaceId } = told.get(owner)!;
      if (!(await this.viewers.maySee(owner, about, workspaceId))) owners.delete(owner);
    }
    const body = JSON.stringify({ type, version, id, timestamp, subject, sequence, data });
    const wanted = webhooks.filter(({ ownerId }) => owners.has(ownerId));
    if (wanted.length === 0) return;
    await this.deliveries.add(
      wanted.map(({ id: webhookId, ownerId, full }) => ({
        webhookId,
        ownerId,
        eventId: id,
        eventType: type,
        subject,
        sequence,
        body,
        about: told.get(ownerId)!.about,
        workspaceId: told.get(ownerId)!.workspaceId ?? null,
        status: full ? 'skipped' : 'pending',
      })),
    );
  }
}
