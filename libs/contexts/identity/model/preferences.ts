import { Aggregate, type AggregateState, newId, Rejection } from '@rookery/domain';
import { PreferencesChanged } from '../contract/events';
import { InterestsRepeated, LanguageUnknown, TimeZoneUnknown } from './rejections';

export const TONES = ['calm', 'warm', 'funny', 'adventurous', 'romantic', 'mysterious', 'dark'] as const;
export const LENGTHS = ['short', 'medium', 'long'] as const;
export const MAX_INTERESTS = 5;

/** Reading preferences, and the time zone of the reader. */
export interface Taste {
  interests: string[];
  tone: string;
  length: string;
  /** Language tag (BCP 47). */
  language: string;
  /** IANA name: `Europe/Berlin`. */
  timeZone: string;
}

export interface PreferencesState extends AggregateState, Taste {
  userId: string;
  updatedAt: Date;
}

/** Default preferences. */
export const NO_PREFERENCES: Readonly<Taste> = {
  interests: [],
  tone: 'calm',
  length: 'medium',
  language: 'en',
  timeZone: 'UTC',
};

const languages = new Intl.DisplayNames('en', { type: 'language', fallback: 'none' });

/** Reading preferences that a user has set. */
export class Preferences extends Aggregate<PreferencesState> {
  /** Creates the preferences of a user who sets them for the first time. */
  static of(userId: string, taste: Taste, now: Date): Preferences {
    const preferences = new Preferences({
      ...NO_PREFERENCES,
      id: newId(),
      version: 0,
      userId,
      updatedAt: now,
    });
    preferences.change(taste, now);
    return preferences;
  }

  /**
   * Replaces the preferences.
   *
   * @throws Rejection `identity.interests-repeated`, `identity.language-unknown`, `identity.time-zone-unknown`
   */
  change({ interests, tone, length, language, timeZone }: Taste, now: Date): void {
    const distinct = new Set(interests.map((interest) => interest.trim().normalize('NFKC').toLowerCase()));
    if (distinct.size < interests.length) throw new Rejection(InterestsRepeated);
    assertTimeZone(timeZone);
    const taste = { interests, tone, length, language: canonical(language), timeZone };
    Object.assign(this.state, taste, { updatedAt: now });
    this.raise(PreferencesChanged, { userId: this.state.userId, ...taste });
  }

  /** Whether these are the current preferences. */
  matches(taste: Taste): boolean {
    return JSON.stringify(parts(this.state)) === JSON.stringify(parts(taste));
  }
}

/** @returns the tag in the canonical form of BCP 47: `de-AT` for `DE-at` */
function canonical(tag: string): string {
  try {
    const [canonicalTag] = Intl.getCanonicalLocales(tag);
    if (canonicalTag !== undefined && languages.of(canonicalTag) !== undefined) return canonicalTag;
  } catch {
    // not even well-formed
  }
  throw new Rejection(LanguageUnknown);
}

function parts({ interests, tone, length, language, timeZone }: Taste): unknown[] {
  return [interests, tone, length, language, timeZone];
}

/** An offset such as +01:00 is not accepted: it would be wrong for half of the year. */
const ZONE_NAME = /^[A-Za-z][A-Za-z0-9_+-]*(\/[A-Za-z0-9_+-]+)*$/;

/** @throws Rejection `identity.time-zone-unknown` */
function assertTimeZone(name: string): void {
  try {
    if (ZONE_NAME.test(name) && new Intl.DateTimeFormat('en', { timeZone: name })) return;
  } catch {
    // not in the ICU data
  }
  throw new Rejection(TimeZoneUnknown);
}
