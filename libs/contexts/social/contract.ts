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

/** Somebody who follows somebody else. */
export interface Follower {
  id: string;
  followedAt: Date;
}

/**
 * Offered to other contexts: who may see whom. The one place that decides it, at the moment of the question. It answers
 * with those who may, so that whoever is not named, for whatever reason, is not shown.
 */
export abstract class Relations {
  /** @returns those of some authors, who are active, whose work the viewer may see: neither has blocked the other */
  abstract visibleTo(viewerId: string, authorIds: readonly string[]): Promise<Set<string>>;
  /** @returns those of some viewers, who are active, who may see an author's work; none when the author is not active */
  abstract viewersOf(authorId: string, viewerIds: readonly string[]): Promise<Set<string>>;
  /**
   * @param after who the page before ended with; null for the first
   * @param limit most followers in a page; a shorter page is the last one
   * @returns active followers of somebody, the latest first
   */
  abstract followersOf(userId: string, after: Follower | null, limit: number): Promise<Follower[]>;
  /** @returns who of some people has blocked whom of them */
  abstract blocksAmong(userIds: readonly string[]): Promise<{ userId: string; blockedId: string }[]>;
}
