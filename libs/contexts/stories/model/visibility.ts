/** Who can see a story: everybody, the author's followers, or only the author. */
export const VISIBILITIES = ['public', 'friends', 'private'] as const;
export type StoryVisibility = (typeof VISIBILITIES)[number];

/** What decides who sees a story. */
export interface StoryFacts {
  authorId: string;
  visibility: StoryVisibility;
  /** Whether only the followers that the author listed can see it. */
  restricted: boolean;
  /** Whether it is in a highlight of its author. */
  highlighted: boolean;
  expiresAt: Date;
  deletedAt: Date | null;
}

/** What decides which stories of an author somebody sees. */
export interface ViewerFacts {
  viewerId: string;
  /** Whether the author has an active account, and neither has blocked the other. */
  canSeeAuthor: boolean;
  following: boolean;
  /** Whether the author listed the viewer for this story. */
  listed: boolean;
}

/**
 * Whether a viewer can see a story: the only rule, for every route, feed and frame. `storage/visibility.ts` states the
 * same rule in SQL, and its tests prove that both agree.
 */
export function isVisible(story: StoryFacts, viewer: ViewerFacts, now: Date): boolean {
  if (story.deletedAt !== null || !viewer.canSeeAuthor) return false;
  if (story.expiresAt <= now && !story.highlighted) return false;
  if (viewer.viewerId === story.authorId) return true;
  if (story.visibility === 'public') return true;
  return story.visibility === 'friends' && viewer.following && (!story.restricted || viewer.listed);
}
