import { defineEvent } from '@rookery/domain';
import { z } from 'zod';

/** The acting user, and the other user. */
const Pair = z.object({ userId: z.uuid(), otherId: z.uuid() });

/** Posts of `otherId` are hidden from the feed of `userId`; `otherId` is not notified. */
export const UserMuted = defineEvent('social.user-muted', 1, Pair);

/** Posts of `otherId` are in the feed of `userId` again. */
export const UserUnmuted = defineEvent('social.user-unmuted', 1, Pair);

/** The next batch of posts of `otherId` must be added to or removed from the feed of `userId`. */
export const FollowContinued = defineEvent(
  'social.follow-continued',
  1,
  Pair.extend({
    /** Last post of the previous batch, newest first. */
    after: z.object({ createdAt: z.string(), id: z.uuid() }),
  }),
);

/** The next batch of follows of a deleted user must be removed from the counts of others. */
export const DepartureContinued = defineEvent(
  'social.departure-continued',
  1,
  z.object({ deletedId: z.uuid() }),
);

/** The next batch of comments of a deleted post must be removed. */
export const CommentRemovalContinued = defineEvent(
  'social.comment-removal-continued',
  1,
  z.object({ postId: z.uuid() }),
);
