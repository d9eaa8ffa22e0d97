import { Aggregate, type AggregateState, newId, Rejection } from '@rookery/domain';
import { PreferencesChanged } from '../contract/events';
import { InterestsRepeated, LanguageUnknown } from './rejections';

export const TONES = ['calm', 'warm', 'funny', 'adventurous', 'romantic', 'mysterious', 'dark'] as const;
export const LENGTHS = ['short', 'medium', 'long'] as const;
export const MAX_INTERESTS = 5;

/** Reading preferences. */
export interface Taste {
  interests: string[];
  tone: string;
  length: string;
  /** Language tag (BCP 47). */
  language: string;
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
   * @throws Rejection `identity.interests-repeated`, `identity.language-unknown`
   */
  change({ interests, tone, length, language }: Taste, now: Date): void {
    const distinct = new Set(interests.map((interest) => interest.trim().normalize('NFKC').toLowerCase()));
    if (distinct.size < interests.length) throw new Rejection(InterestsRepeated);
    const taste = { interests, tone, length, language: canonical(language) };
    Object.assign(this.state, taste, { updatedAt: now });
    this.raise(PreferencesChanged, { userId: this.state.userId, ...taste });
  }

  /** Whether these are the current preferences. */
  matches(taste: Taste): boolean {
    const { interests, tone, length, language } = this.state;
    const same = JSON.stringify([interests, tone, length, language]);
    return same === JSON.stringify([taste.interests, taste.tone, taste.length, taste.language]);
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
