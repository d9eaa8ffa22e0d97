/** Characters between two hyphens that PostgreSQL skips, so that each hyphen negates the next. */
const HYPHENS = /-(?:[\s!&|()]*-)+/g;

/**
 * Collapses repeated hyphens into one: PostgreSQL keeps them on a stack of 32, and fails with more.
 *
 * @param search web search syntax
 * @returns text that `websearch_to_tsquery` parses without an error
 */
export function searchTerms(search: string): string {
  return search.replaceAll(HYPHENS, '-');
}

/** What follows a hyphen: a phrase or a word. */
const EXCLUDED = /-(?:"[^"]*"?|\S+)/g;

/**
 * @param search web search syntax
 * @returns the words in it that are not excluded, as they are written, with `or` between alternatives
 */
export function requiredWords(search: string): string[] {
  return searchTerms(search)
    .replaceAll(EXCLUDED, ' ')
    .split(/[\s"]+/)
    .filter(Boolean);
}
