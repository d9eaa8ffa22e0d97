import { defineFrame } from '@rookery/realtime';
import { z } from 'zod';

/** A tale is growing. */
export const TaleProgress = defineFrame(
  'tale.progress',
  z.object({
    taleId: z.uuid(),
    /** Characters (code points) before `text`; 0 also where writing has begun anew, and what came before is void. */
    offset: z.int(),
    text: z.string(),
    /** As soon as it is known. */
    title: z.string().optional(),
  }),
  { summary: 'A part of a story that is being written for you.' },
);

/** A tale is complete. */
export const TaleReady = defineFrame(
  'tale.ready',
  z.object({
    taleId: z.uuid(),
    status: z.literal('ready'),
    title: z.string(),
    words: z.int(),
    /** Length of the text (code points): it may end earlier than its last part did. */
    characters: z.int(),
  }),
  { summary: 'A story that was written for you is complete.' },
);

/** A tale is not written any more. */
export const TaleEnded = defineFrame(
  'tale.failed',
  z.object({
    taleId: z.uuid(),
    status: z.enum(['failed', 'cancelled']),
    /** Missing for one that was canceled. */
    failure: z.object({ code: z.string(), message: z.string() }).optional(),
  }),
  { summary: 'A story could not be written for you, or you have canceled it.' },
);
