export { LENGTHS, TONES } from '../model/preferences';

/** What somebody likes to read. */
export interface ReadingPreferences {
  interests: string[];
  tone: string;
  length: string;
  /** Language tag (BCP 47). */
  language: string;
}

/** Offered to other contexts: what users like to read, as they last said; no copy of it has to follow. */
export abstract class Readers {
  /**
   * @returns the preferences of a user with an active account: the defaults, and no interests, where they have not set
   *   any; undefined if there is no such account
   */
  abstract preferencesOf(userId: string): Promise<ReadingPreferences | undefined>;
}
