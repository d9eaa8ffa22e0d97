import { defineEvent } from '@rookery/domain';
import { z } from 'zod';

/** The acting user, and the other user. */
const Pair = z.object({ userId: z.uuid(), otherId: z.uuid() });

/** `userId` started to follow `otherId`. */
export const UserFollowed = defineEvent('social.user-followed', 1, Pair);

/** `userId` no longer follows `otherId`: by choice, or because one has blocked the other. */
export const UserUnfollowed = defineEvent('social.user-unfollowed', 1, Pair);

/** `userId` has blocked `otherId` and is hidden from them; neither sees the other's content. */
export const UserBlocked = defineEvent('social.user-blocked', 1, Pair);

/** `userId` has unblocked `otherId` and is visible to them again. */
export const UserUnblocked = defineEvent('social.user-unblocked', 1, Pair);

/** A post was published. */
export const PostCreated = defineEvent(
  'social.post-created',
  1,
  z.object({ authorId: z.uuid(), title: z.string(), tags: z.array(z.string()) }),
);

/** A post was changed; title and tags are the current ones. */
export const PostUpdated = defineEvent(
  'social.post-updated',
  1,
  z.object({ authorId: z.uuid(), title: z.string(), tags: z.array(z.string()) }),
);

/** A post was deleted, with its comments. */
export const PostDeleted = defineEvent('social.post-deleted', 1, z.object({ authorId: z.uuid() }));

const OfLike = z.object({ postId: z.uuid(), userId: z.uuid() });

/** `userId` has liked a post. Liking it again raises no event. */
export const PostLiked = defineEvent('social.post-liked', 1, OfLike);

/** `userId` no longer likes a post. Not raised for the likes of a deleted post, nor when an account is erased. */
export const PostUnliked = defineEvent('social.post-unliked', 1, OfLike);

const OfPost = z.object({ postId: z.uuid(), authorId: z.uuid() });

/** A comment was added to a post; `authorId` wrote the comment. */
export const CommentAdded = defineEvent('social.comment-added', 1, OfPost);

/** A comment was changed. */
export const CommentUpdated = defineEvent('social.comment-updated', 1, OfPost);

/** A comment was deleted. Not raised for the comments of a deleted post. */
export const CommentDeleted = defineEvent('social.comment-deleted', 1, OfPost);

/** A follower of a user. */
export interface Follower {
  id: string;
  followedAt: Date;
}

/** Relationship of a viewer to an author whose content they can see. */
export interface Relation {
  following: boolean;
  muting: boolean;
}

/**
 * Offered to other contexts: who can see whom. The only place that decides this, at the moment of the call. It returns
 * the users who are allowed, so that all others are hidden, whatever the reason.
 */
export abstract class Relations {
  /** @returns the active authors whose content the viewer can see: neither has blocked the other */
  abstract visibleTo(viewerId: string, authorIds: readonly string[]): Promise<Set<string>>;
  /** @returns the relationship of the viewer to the authors of {@link visibleTo}, by id; leaves out all others */
  abstract relationsTo(viewerId: string, authorIds: readonly string[]): Promise<Map<string, Relation>>;
  /** @returns the active viewers who can see an author's content; none if the author is not active */
  abstract viewersOf(authorId: string, viewerIds: readonly string[]): Promise<Set<string>>;
  /**
   * @returns the users who can be notified of what somebody does: like {@link viewersOf}, without users who have muted
   *   them
   */
  abstract toldBy(actorId: string, userIds: readonly string[]): Promise<Set<string>>;
  /**
   * @param after last follower of the previous page; null for the first page
   * @param limit maximum followers per page; a shorter page is the last one
   * @returns active followers of a user, latest first
   */
  abstract followersOf(userId: string, after: Follower | null, limit: number): Promise<Follower[]>;
  /** @returns all blocks among some users */
  abstract blocksAmong(userIds: readonly string[]): Promise<{ userId: string; blockedId: string }[]>;
}

/** Author and title of a post. */
export interface PostHeadline {
  id: string;
  authorId: string;
  title: string;
}

/** Offered to other contexts: the author and the current title of a post. It does not check who can see the post. */
export abstract class PostHeadlines {
  /** @returns the posts that exist, by id; one statement */
  abstract find(postIds: readonly string[]): Promise<Map<string, PostHeadline>>;
}
