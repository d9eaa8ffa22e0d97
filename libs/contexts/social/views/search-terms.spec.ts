import { requiredWords, searchTerms } from './search-terms';

describe('Search terms', () => {
  it.each([
    ['-'.repeat(40) + 'a', '-a'],
    ['a - - b', 'a - b'],
    ['plain words', 'plain words'],
  ])('of %j hold no hyphens in a row', (search, terms) => expect(searchTerms(search)).toBe(terms));

  it.each([
    ['swifts swallows', ['swifts', 'swallows']],
    ['"first swifts" -photo', ['first', 'swifts']],
    ['swifts -"long gone" or owls', ['swifts', 'or', 'owls']],
    ['"open phrase', ['open', 'phrase']],
    ['-only -excluded', []],
    ['', []],
  ])('of %j require %j', (search, words) => expect(requiredWords(search)).toEqual(words));
});
