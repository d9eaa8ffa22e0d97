import { defineEvent } from '@rookery/domain';
import { z } from 'zod';

const OfTale = z.object({ userId: z.uuid() });

/** A user has asked for a tale, or again for one that failed; `run` counts these from 1. */
export const TaleRequested = defineEvent(
  'tales.tale-requested',
  1,
  z.object({ userId: z.uuid(), run: z.int() }),
);

/** The text of a tale is complete and stored. */
export const TaleGenerated = defineEvent('tales.tale-generated', 1, OfTale);

/** A tale could not be generated; `failure` is its code, such as `provider-unavailable`. */
export const TaleFailed = defineEvent(
  'tales.tale-failed',
  1,
  z.object({ userId: z.uuid(), failure: z.string() }),
);

/** The user has canceled a tale before its text was complete. */
export const TaleCancelled = defineEvent('tales.tale-cancelled', 1, OfTale);

/** A tale as its reader's lists name it. */
export interface OwnTale {
  id: string;
  /** Null until it is written. */
  title: string | null;
}

/** Offered to other contexts: what users' own tales are called. */
export abstract class OwnTales {
  /** @returns those of some tales that are the user's, by id; one statement */
  abstract find(userId: string, taleIds: readonly string[]): Promise<Map<string, OwnTale>>;
}
