import { defineFrame } from '@rookery/realtime';
import { z } from 'zod';

/** There is something new in an inbox, or something in it is unread again. */
export const NotificationArrived = defineFrame(
  'notification.created',
  z.object({ notificationId: z.uuid(), kind: z.string() }),
  {
    summary: 'There is a new notification in your inbox, or one is unread again because somebody joined it.',
  },
);
