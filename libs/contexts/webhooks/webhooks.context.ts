import { defineContext } from '@rookery/application';
import { WebhooksPersonalData } from './personal-data';
import { Owners } from './services/owners';
import { WebhookSecrets } from './services/secrets';
import { UrlCheck } from './services/url-check';
import { DeliveryViewers } from './services/viewers';
import { WebhookSettings } from './settings';
import { WebhookDeliveries } from './storage/deliveries';
import { Webhooks, webhookSchema } from './storage/webhooks';
import { DeliveryViews } from './views/delivery';
import { WebhookViews } from './views/webhook';

/** Sends events of all contexts to URLs of users. */
export const webhooks = defineContext('webhooks', __dirname, {
  tags: { Webhooks: 'Send events that concern you to a URL.' },
  requires: ['identity', 'notifications', 'social', 'stories', 'tales', 'todos', 'workspaces'],
  schemas: [webhookSchema],
  providers: [
    DeliveryViewers,
    DeliveryViews,
    Owners,
    UrlCheck,
    WebhookDeliveries,
    WebhookSecrets,
    WebhookSettings,
    WebhookViews,
    Webhooks,
  ],
  personalData: WebhooksPersonalData,
});
