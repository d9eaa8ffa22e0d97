import { defineEvent } from '@rookery/domain';
import { z } from 'zod';

const Nothing = z.object({});

/** A user has created a webhook. */
export const WebhookCreated = defineEvent('webhooks.webhook-created', 1, Nothing);

/** URL, events, order or state of a webhook were changed by its owner. */
export const WebhookUpdated = defineEvent('webhooks.webhook-updated', 1, Nothing);

/** A webhook has a new secret; the one before is valid for a while. */
export const WebhookSecretRotated = defineEvent('webhooks.secret-rotated', 1, Nothing);

/** A webhook was disabled without its owner: its deliveries failed for days, or its receiver answered that it is gone. */
export const WebhookDisabled = defineEvent(
  'webhooks.webhook-disabled',
  1,
  z.object({ ownerId: z.uuid(), reason: z.enum(['failing', 'gone']) }),
);

/** A webhook was deleted. */
export const WebhookDeleted = defineEvent('webhooks.webhook-deleted', 1, Nothing);

/** The next deliveries of a deleted webhook, its subject, are due to be removed from the log. */
export const LogRemovalContinued = defineEvent('webhooks.log-removal-continued', 1, Nothing);

/**
 * A delivery is to be sent. Its subject is the delivery, its sequence the round: 1 for the event, more where its owner
 * had it sent again.
 */
export const DeliveryDue = defineEvent('webhooks.delivery-due', 1, Nothing);
