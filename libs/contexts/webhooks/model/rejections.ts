import { defineRejection, Rules } from '@rookery/domain';

export const UrlBlocked = defineRejection(
  'webhooks.url-blocked',
  'invalid',
  'The URL must use https and a public address, on port 443 or a port from 1024 up, without credentials.',
  'Use a public https:// URL.',
  'This URL is blocked',
  { path: 'url', rule: Rules.format, params: { format: 'uri' } },
);

export const TooManyWebhooks = defineRejection(
  'webhooks.too-many',
  'conflict',
  'You have reached the maximum number of webhooks.',
  'Delete a webhook that you no longer need with DELETE /v1/webhooks/{id}.',
  'Too many webhooks',
);

export const WebhookInactive = defineRejection(
  'webhooks.inactive',
  'conflict',
  'The webhook is not active, so nothing is sent to it.',
  'Activate it with PATCH /v1/webhooks/{id}.',
  'This webhook is not active',
);

export const DeliveryPending = defineRejection(
  'webhooks.delivery-pending',
  'conflict',
  'The delivery is still being sent or retried.',
  'Wait until its status is delivered, failed or skipped.',
  'This delivery is pending',
);
