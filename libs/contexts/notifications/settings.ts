import { defineSettings, setting } from '@rookery/settings';
import { z } from 'zod';

/** How long notifications stay, and how push services know this server. */
export class NotificationSettings extends defineSettings('Notifications', {
  keepDays: setting('NOTIFICATIONS_KEEP_DAYS', z.coerce.number().int().min(1).max(3_650), {
    doc: 'Days after which notifications are deleted, read or not.',
    default: '90',
  }),
  vapidPrivateKey: setting(
    'VAPID_PRIVATE_KEY',
    z.string().regex(/^([\w-]{43}=?)?$/, 'must be 32 bytes in base64url'),
    {
      doc: 'Private key that identifies this server to push services. Derived from MASTER_KEY by default; with another one devices must subscribe again.',
      default: '',
    },
  ),
  vapidSubject: setting('VAPID_SUBJECT', z.url({ protocol: /^(mailto|https)$/ }), {
    doc: 'How push services reach who runs this server: mailto: or https:.',
    default: 'mailto:postmaster@rookery.test',
  }),
}) {}
