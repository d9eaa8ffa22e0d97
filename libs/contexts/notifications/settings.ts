import { defineSettings, setting } from '@rookery/settings';
import { z } from 'zod';

/** How long notifications stay. */
export class NotificationSettings extends defineSettings('Notifications', {
  keepDays: setting('NOTIFICATIONS_KEEP_DAYS', z.coerce.number().int().min(1).max(3_650), {
    doc: 'Days after which notifications are deleted, read or not.',
    default: '90',
  }),
}) {}
