import { defineSettings, setting } from '@rookery/settings';
import { z } from 'zod';

/** Limits and lifetimes of webhooks. */
export class WebhookSettings extends defineSettings('Webhooks', {
  maxPerUser: setting('WEBHOOK_MAX_PER_USER', z.coerce.number().int().min(1).max(100), {
    doc: 'Maximum webhooks per user; one more is refused.',
    default: '10',
  }),
  disableAfterHours: setting('WEBHOOK_DISABLE_AFTER_HOURS', z.coerce.number().int().min(1).max(2_160), {
    doc: 'Hours without a successful delivery after which a failing webhook is disabled and its owner is notified by mail.',
    default: '72',
  }),
  secretOverlapSeconds: setting(
    'WEBHOOK_SECRET_OVERLAP_SECONDS',
    z.coerce.number().int().min(0).max(2_592_000),
    {
      doc: 'Seconds for which requests are also signed with the previous secret after a rotation.',
      default: '86400',
    },
  ),
  logDays: setting('WEBHOOK_LOG_DAYS', z.coerce.number().int().min(1).max(365), {
    doc: 'Days for which deliveries are kept in the log and can be sent again.',
    default: '30',
  }),
}) {}
