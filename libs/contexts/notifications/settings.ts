import { defineSettings, setting } from '@rookery/settings';
import { z } from 'zod';

/** Retention of notifications, and the identity of this server at push services. */
export class NotificationSettings extends defineSettings('Notifications', {
  keepDays: setting('NOTIFICATIONS_KEEP_DAYS', z.coerce.number().int().min(1).max(3_650), {
    doc: 'Days after which notifications are deleted, read or unread.',
    default: '90',
  }),
  vapidPrivateKey: setting(
    'VAPID_PRIVATE_KEY',
    z.string().regex(/^([\w-]{43}=?)?$/, 'must be 32 bytes in base64url'),
    {
      doc: 'Private key that identifies this server to push services. Derived from MASTER_KEY by default. If it changes, devices must subscribe again.',
      default: '',
    },
  ),
  vapidSubject: setting('VAPID_SUBJECT', z.url({ protocol: /^(mailto|https)$/ }), {
    doc: 'Contact of the operator of this server for push services, as a mailto: or https: URL.',
    default: 'mailto:postmaster@rookery.test',
  }),
}) {}
