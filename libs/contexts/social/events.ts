import { defineEvent } from '@rookery/domain';
import { z } from 'zod';

/** Who did it, and to whom. */
const Pair = z.object({ userId: z.uuid(), otherId: z.uuid() });

/** Posts of `otherId` are hidden from the feed of `userId`; `otherId` is not notified. */
export const UserMuted = defineEvent('social.user-muted', 1, Pair);

/** Posts of `otherId` are in the feed of `userId` again. */
export const UserUnmuted = defineEvent('social.user-unmuted', 1, Pair);

/** The next posts of `otherId` are due to enter or leave the feed of `userId`. */
export const FollowContinued = defineEvent(
  'social.follow-continued',
  1,
  Pair.extend({
    /** The last post of those before, newest first. */
    after: z.object({ createdAt: z.string(), id: z.uuid() }),
  }),
);

/** The next follows of a deleted user are due to leave the counts of others. */
export const DepartureContinued = defineEvent(
  'social.departure-continued',
  1,
  z.object({ deletedId: z.uuid() }),
);

/** The next comments of a deleted post are due to be removed. */
export const CommentRemovalContinued = defineEvent(
  'social.comment-removal-continued',
  1,
  z.object({ postId: z.uuid() }),
);
