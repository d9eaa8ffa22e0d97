import { defineEvent } from '@rookery/domain';
import { z } from 'zod';

const OfTale = z.object({ userId: z.uuid() });

/** A user has requested a tale, or retried one that failed. `run` numbers these requests from 1. */
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

/** A tale as lists show it to its reader. */
export interface OwnTale {
  id: string;
  /** Null until the tale is ready. */
  title: string | null;
}

/** Offered to other contexts: the titles of a user's own tales. */
export abstract class OwnTales {
  /** @returns those of the given tales that belong to the user, by id; one statement */
  abstract find(userId: string, taleIds: readonly string[]): Promise<Map<string, OwnTale>>;
}
