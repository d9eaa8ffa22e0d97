import { defineEvent } from '@rookery/domain';
import { z } from 'zod';

/** Somebody has a new notification of a kind of which they want their webhooks to be told. Not raised for others. */
export const NotificationCreated = defineEvent(
  'notifications.notification-created',
  1,
  z.object({
    notificationId: z.uuid(),
    userId: z.uuid(),
    /** `like`, `todoAssigned` …: the kinds of the notification settings. */
    kind: z.string(),
    /** What it is about: a post, a todo …, or the user themselves. The kind says which. */
    targetId: z.uuid(),
    /** Where they are told besides their inbox: always `webhook` too. */
    channels: z.array(z.enum(['mail', 'push', 'webhook'])),
  }),
);
