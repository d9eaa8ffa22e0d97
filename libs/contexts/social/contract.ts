import { defineEvent } from '@rookery/domain';
import { z } from 'zod';

/** Who did it, and to whom. */
const Pair = z.object({ userId: z.uuid(), otherId: z.uuid() });

/** `userId` reads what `otherId` writes from now on. */
export const UserFollowed = defineEvent('social.user-followed', 1, Pair);

/** `userId` does not follow `otherId` any more: its own wish, or because one has blocked the other. */
export const UserUnfollowed = defineEvent('social.user-unfollowed', 1, Pair);

/** `userId` does not exist for `otherId` any more, and neither sees what the other writes. */
export const UserBlocked = defineEvent('social.user-blocked', 1, Pair);

/** `userId` exists for `otherId` again. */
export const UserUnblocked = defineEvent('social.user-unblocked', 1, Pair);

/** What `otherId` writes is kept out of the feed of `userId`; nobody is told. */
export const UserMuted = defineEvent('social.user-muted', 1, Pair);

/** What `otherId` writes is in the feed of `userId` again. */
export const UserUnmuted = defineEvent('social.user-unmuted', 1, Pair);

/** Somebody has published something. */
export const PostCreated = defineEvent(
  'social.post-created',
  1,
  z.object({ authorId: z.uuid(), title: z.string(), tags: z.array(z.string()) }),
);

/** A post says something else; title and tags as they are now. */
export const PostUpdated = defineEvent(
  'social.post-updated',
  1,
  z.object({ authorId: z.uuid(), title: z.string(), tags: z.array(z.string()) }),
);

/** A post is gone, and with it its comments. */
export const PostDeleted = defineEvent('social.post-deleted', 1, z.object({ authorId: z.uuid() }));

const OfPost = z.object({ postId: z.uuid(), authorId: z.uuid() });

/** Somebody has answered to a post; `authorId` wrote the comment. */
export const CommentAdded = defineEvent('social.comment-added', 1, OfPost);

/** A comment says something else. */
export const CommentUpdated = defineEvent('social.comment-updated', 1, OfPost);

/** A comment is gone by itself; those of a deleted post go without a word. */
export const CommentDeleted = defineEvent('social.comment-deleted', 1, OfPost);
