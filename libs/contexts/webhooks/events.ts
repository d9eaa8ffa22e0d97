import { defineEvent } from '@rookery/domain';
import { z } from 'zod';

const Nothing = z.object({});

/** A user has created a webhook. */
export const WebhookCreated = defineEvent('webhooks.webhook-created', 1, Nothing);

/** The owner changed the URL, the events, the order or the state of a webhook. */
export const WebhookUpdated = defineEvent('webhooks.webhook-updated', 1, Nothing);

/** A webhook has a new secret. The previous secret remains valid for a while. */
export const WebhookSecretRotated = defineEvent('webhooks.secret-rotated', 1, Nothing);

/** A webhook was disabled automatically: its deliveries failed for days, or its receiver returned 410. */
export const WebhookDisabled = defineEvent(
  'webhooks.webhook-disabled',
  1,
  z.object({ ownerId: z.uuid(), reason: z.enum(['failing', 'gone']) }),
);

/** A webhook was deleted. */
export const WebhookDeleted = defineEvent('webhooks.webhook-deleted', 1, Nothing);

/** The next batch of deliveries of a deleted webhook must be removed from the log. The subject is the webhook. */
export const LogRemovalContinued = defineEvent('webhooks.log-removal-continued', 1, Nothing);

/**
 * A delivery must be sent. The subject is the delivery and the sequence is the round: 1 for the event, plus 1 for each
 * redelivery by the owner.
 */
export const DeliveryDue = defineEvent('webhooks.delivery-due', 1, Nothing);
