/** Characters between two hyphens that PostgreSQL skips, so that each hyphen negates the next. */
const HYPHENS = /-(?:[\s!&|()]*-)+/g;

/**
 * Collapses repeated hyphens into one: PostgreSQL keeps them on a stack of 32, and fails with more.
 *
 * @param search web search syntax
 * @returns what `websearch_to_tsquery` reads without an error
 */
export function searchTerms(search: string): string {
  return search.replaceAll(HYPHENS, '-');
}
