import { canonicalLanguage } from './language';
import { lengthOf, upToLastSentence, visible } from './text';

describe('A text of a tale', () => {
  it('keeps emoji and scripts that need joiners', () => {
    for (const text of ['👩‍🚀', 'می‌خواهم', 'é', '日本\n語']) expect(visible(text)).toBe(text);
  });

  it('counts characters as PostgreSQL does', () => {
    expect(lengthOf('a🐟b')).toBe(3);
  });

  it.each([
    ['One. Two. Thr', 'One. Two.'],
    ['One. “Two!” Thr', 'One. “Two!”'],
    ['Only the beginning of a sentence', 'Only the beginning of a sentence'],
    ['A. then a very long sentence without an end', 'A. then a very long sentence without an end'],
    ['昔々ある所に。そして', '昔々ある所に。'],
  ])('ends %j with its last sentence', (text, expected) => {
    expect(upToLastSentence(text)).toBe(expected);
  });

  it('is in a language that exists', () => {
    expect(canonicalLanguage('DE-at')).toBe('de-AT');
    for (const tag of ['xx', 'en_US!', '', 'e'])
      expect(() => canonicalLanguage(tag)).toThrow('The language tag is invalid or unknown.');
  });
});
