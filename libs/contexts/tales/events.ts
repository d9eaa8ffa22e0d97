import { defineEvent } from '@rookery/domain';
import { z } from 'zod';

/** A worker has started to generate a tale. Raised again if an attempt failed or its worker died. */
export const TaleStarted = defineEvent('tales.tale-started', 1, z.object({ userId: z.uuid() }));
