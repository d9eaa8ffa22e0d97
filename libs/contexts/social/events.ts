import { defineEvent } from '@rookery/domain';
import { z } from 'zod';

/** Who did it, and to whom. */
const Pair = z.object({ userId: z.uuid(), otherId: z.uuid() });

/** What `otherId` writes is kept out of the feed of `userId`; nobody is told. */
export const UserMuted = defineEvent('social.user-muted', 1, Pair);

/** What `otherId` writes is in the feed of `userId` again. */
export const UserUnmuted = defineEvent('social.user-unmuted', 1, Pair);
