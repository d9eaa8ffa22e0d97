import { isIndexCheap } from './word-index';

describe('The cost estimate of the word index', () => {
  const sample = { rarest: 0, together: 0, phrase: false, posts: 2_000_000 };

  it.each([
    ['rare words', {}, true],
    ['a rare word, and a common one', { rarest: 1, together: 1 }, true],
    ['words that are common, but never together', { rarest: 100 }, false],
    ['words that are common, but never together, among few posts', { rarest: 100, posts: 200_000 }, true],
    ['a word of one post in a hundred', { rarest: 10, together: 10 }, false],
    ['the same among few posts', { rarest: 10, together: 10, posts: 200_000 }, true],
    ['a phrase of words that often stand together', { rarest: 10, together: 2, phrase: true }, false],
    ['a phrase of words that do not', { rarest: 10, phrase: true }, true],
    ['anything before the first statistics', { rarest: 900, together: 900, posts: 0 }, true],
  ])('for %s', (_, some, cheap) => expect(isIndexCheap({ ...sample, ...some })).toBe(cheap));
});
