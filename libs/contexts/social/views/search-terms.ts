/** Signs between two hyphens that PostgreSQL passes over, so that each hyphen negates the next. */
const HYPHENS = /-(?:[\s!&|()]*-)+/g;

/**
 * Of hyphens in a row one counts: PostgreSQL keeps them on a stack of 32, and fails with one more.
 *
 * @param search as people type it into a search engine
 * @returns what `websearch_to_tsquery` reads without an error
 */
export function searchTerms(search: string): string {
  return search.replaceAll(HYPHENS, '-');
}
