import { defineEvent } from '@rookery/domain';
import { z } from 'zod';

/** A story was published. `mediaKey` is null if it has only text. */
export const StoryCreated = defineEvent(
  'stories.story-created',
  1,
  z.object({
    authorId: z.uuid(),
    visibility: z.enum(['public', 'friends', 'private']),
    mediaKey: z.string().nullable(),
    expiresAt: z.iso.datetime(),
  }),
);

/** `viewerId` has viewed a story for the first time. Not raised for views by its author. */
export const StoryViewed = defineEvent(
  'stories.story-viewed',
  1,
  z.object({ storyId: z.uuid(), authorId: z.uuid(), viewerId: z.uuid(), viewedAt: z.iso.datetime() }),
);

const OfReaction = z.object({ storyId: z.uuid(), authorId: z.uuid(), userId: z.uuid(), emoji: z.string() });

/** `userId` has reacted to a story of `authorId`. Reacting again with the same emoji raises no event. */
export const StoryReacted = defineEvent('stories.story-reacted', 1, OfReaction);

/** `userId` has withdrawn a reaction. Not raised when a story is deleted or an account is erased. */
export const ReactionRemoved = defineEvent('stories.reaction-removed', 1, OfReaction);

/** `userId` has replied to a story of `authorId`. */
export const StoryReplied = defineEvent(
  'stories.story-replied',
  1,
  z.object({ storyId: z.uuid(), authorId: z.uuid(), userId: z.uuid() }),
);

/** A story has expired. If `kept` is true, it is still in a highlight; otherwise it is deleted. */
export const StoryExpired = defineEvent(
  'stories.story-expired',
  1,
  z.object({ authorId: z.uuid(), mediaKey: z.string().nullable(), kept: z.boolean() }),
);

/** A story was deleted by its author, or was removed from its last highlight after it had expired. */
export const StoryDeleted = defineEvent(
  'stories.story-deleted',
  1,
  z.object({ authorId: z.uuid(), mediaKey: z.string().nullable() }),
);

/** A story as its author sees it. */
export interface OwnStory {
  id: string;
  /** Null if it has only media. */
  text: string | null;
}

/** Offered to other contexts: the stories that their authors can still see. */
export abstract class OwnStories {
  /** @returns those of the given stories of an author that have not expired or are highlighted, by id; one statement */
  abstract find(authorId: string, storyIds: readonly string[]): Promise<Map<string, OwnStory>>;
}
