import { defineFrame } from '@rookery/realtime';
import { z } from 'zod';

/** An inbox has a new notification, or one in it became unread again. */
export const NotificationArrived = defineFrame(
  'notification.created',
  z.object({ notificationId: z.uuid(), kind: z.string() }),
  {
    summary:
      'Your inbox has a new notification, or one became unread again because another user was added to it.',
  },
);
