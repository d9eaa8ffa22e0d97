import { defineEvent } from '@rookery/domain';
import { z } from 'zod';

const OfHighlight = z.object({ ownerId: z.uuid(), storyIds: z.array(z.uuid()) });

/** A highlight was created. */
export const HighlightCreated = defineEvent('stories.highlight-created', 1, OfHighlight);

/** The name or the stories of a highlight were changed. `storyIds` holds the current stories. */
export const HighlightUpdated = defineEvent('stories.highlight-updated', 1, OfHighlight);

/** A highlight was deleted. */
export const HighlightDeleted = defineEvent('stories.highlight-deleted', 1, OfHighlight);

/** The next batch of followers of an author must be processed. The author's stories are merged into feeds on read. */
export const MergeContinued = defineEvent(
  'stories.merge-continued',
  1,
  z.object({
    authorId: z.uuid(),
    /** Last follower of the previous batch; null for the first. */
    after: z.object({ id: z.uuid(), followedAt: z.iso.datetime() }).nullable(),
  }),
);
