import { defineFrame } from '@rookery/realtime';
import { z } from 'zod';

/** A part of the text of a tale was written. */
export const TaleProgress = defineFrame(
  'tale.progress',
  z.object({
    taleId: z.uuid(),
    /**
     * Characters (code points) before `text`. Also 0 when writing has started again: discard the text received before.
     */
    offset: z.int(),
    text: z.string(),
    /** As soon as it is known. */
    title: z.string().optional(),
  }),
  { summary: 'New text of a story that is being written for you.' },
);

/** A tale is complete. */
export const TaleReady = defineFrame(
  'tale.ready',
  z.object({
    taleId: z.uuid(),
    status: z.literal('ready'),
    title: z.string(),
    words: z.int(),
    /** Length of the complete text (code points). It can be shorter than the parts received so far. */
    characters: z.int(),
  }),
  { summary: 'Your story is complete.' },
);

/** A tale has failed or was canceled. */
export const TaleEnded = defineFrame(
  'tale.failed',
  z.object({
    taleId: z.uuid(),
    status: z.enum(['failed', 'cancelled']),
    /** Absent if the tale was canceled. */
    failure: z.object({ code: z.string(), message: z.string() }).optional(),
  }),
  { summary: 'Your story could not be written, or you canceled it.' },
);
