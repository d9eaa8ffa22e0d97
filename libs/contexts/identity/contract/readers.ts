export { LENGTHS, TONES } from '../model/preferences';

/** Reading preferences of a user. */
export interface ReadingPreferences {
  interests: string[];
  tone: string;
  length: string;
  /** Language tag (BCP 47). */
  language: string;
}

/** Offered to other contexts: the current reading preferences of users, so that no context needs a copy. */
export abstract class Readers {
  /**
   * @returns the preferences of a user with an active account: the defaults without interests if they have not set any;
   *   undefined if there is no such account
   */
  abstract preferencesOf(userId: string): Promise<ReadingPreferences | undefined>;
}
