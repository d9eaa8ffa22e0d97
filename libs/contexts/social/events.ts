import { defineEvent } from '@rookery/domain';
import { z } from 'zod';

/** Who did it, and to whom. */
const Pair = z.object({ userId: z.uuid(), otherId: z.uuid() });

/** Posts of `otherId` are hidden from the feed of `userId`; `otherId` is not notified. */
export const UserMuted = defineEvent('social.user-muted', 1, Pair);

/** Posts of `otherId` are in the feed of `userId` again. */
export const UserUnmuted = defineEvent('social.user-unmuted', 1, Pair);

/** The next follows of a deleted user are due to leave the counts of others. */
export const DepartureContinued = defineEvent(
  'social.departure-continued',
  1,
  z.object({ deletedId: z.uuid() }),
);
