import { defineEvent } from '@rookery/domain';
import { z } from 'zod';

/** More notifications about a deleted target, or from a deleted user, remain to be removed. */
export const RemovalContinued = defineEvent(
  'notifications.removal-continued',
  1,
  z.object({ of: z.enum(['target', 'scope', 'actor']), id: z.uuid() }),
);

/** The channels that deliver a notification immediately. */
export const CHANNELS = ['mail', 'push'] as const;

/** A user has a new notification and wants to get it immediately outside of the app. */
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

/** The digests of these users are due, with notifications up to the id `until`. */
export const DigestsDue = defineEvent(
  'notifications.digests-due',
  1,
  z.object({ userIds: z.array(z.uuid()), until: z.uuid() }),
);
