import { defineEvent } from '@rookery/domain';
import { z } from 'zod';

/** The next notifications about something that is gone, or of somebody who is, are due to be removed. */
export const RemovalContinued = defineEvent(
  'notifications.removal-continued',
  1,
  z.object({ of: z.enum(['target', 'scope', 'actor']), id: z.uuid() }),
);

/** The channels that tell somebody of a notification at once. */
export const CHANNELS = ['mail', 'push'] as const;

/** Somebody has a new notification, and wants to be told at once outside of the app. */
export const NotificationDue = defineEvent(
  'notifications.notification-due',
  1,
  z.object({
    notificationId: z.uuid(),
    userId: z.uuid(),
    kind: z.string(),
    channels: z.array(z.enum(CHANNELS)),
  }),
);

/** The digests of some users are due, with what has happened up to the id `until`. */
export const DigestsDue = defineEvent(
  'notifications.digests-due',
  1,
  z.object({ userIds: z.array(z.uuid()), until: z.uuid() }),
);
