import { defineEvent } from '@rookery/domain';
import { z } from 'zod';

/** The next notifications about something that is gone, or of somebody who is, are due to be removed. */
export const RemovalContinued = defineEvent(
  'notifications.removal-continued',
  1,
  z.object({ of: z.enum(['target', 'actor']), id: z.uuid() }),
);
