import { defineEvent } from '@rookery/domain';
import { z } from 'zod';

/** The ways to tell somebody something besides the inbox of the app. */
export const CHANNELS = ['mail', 'push', 'webhook'] as const;

/**
 * Somebody has a new notification, and wants to be told by other channels too. Not raised for those who want it in their
 * inbox alone.
 */
export const NotificationCreated = defineEvent(
  'notifications.notification-created',
  1,
  z.object({
    notificationId: z.uuid(),
    userId: z.uuid(),
    /** `like`, `follow`, `comment` … */
    kind: z.string(),
    /** What it is about: a post, or the user themselves. */
    targetId: z.uuid(),
    channels: z.array(z.enum(CHANNELS)),
  }),
);
