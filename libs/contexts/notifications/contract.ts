import { defineEvent } from '@rookery/domain';
import { z } from 'zod';

/** A user has a new notification of a kind that they want to be sent to their webhooks. Not raised for other kinds. */
export const NotificationCreated = defineEvent(
  'notifications.notification-created',
  1,
  z.object({
    notificationId: z.uuid(),
    userId: z.uuid(),
    /** A kind of the notification settings, such as `like` or `todoAssigned`. */
    kind: z.string(),
    /** Id of what it is about: a post, a todo …, or the user themselves. Depends on the kind. */
    targetId: z.uuid(),
    /** Channels besides the inbox. Always contains `webhook`. */
    channels: z.array(z.enum(['mail', 'push', 'webhook'])),
  }),
);
