import { Rejection } from '@rookery/domain';
import { LanguageUnknown } from './rejections';

const languages = new Intl.DisplayNames('en', { type: 'language', fallback: 'none' });

/**
 * @returns the tag in the canonical form of BCP 47: `de-AT` for `DE-at`
 * @throws Rejection `tales.language-unknown`
 */
export function canonicalLanguage(tag: string): string {
  try {
    const [canonical] = Intl.getCanonicalLocales(tag);
    if (canonical !== undefined && languages.of(canonical) !== undefined) return canonical;
  } catch {
    // not even well-formed
  }
  throw new Rejection(LanguageUnknown);
}
