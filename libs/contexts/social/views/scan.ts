import { postOf, type PostRow, type PostView } from './post';

/** Entries that one page without tags and search looks at, at most, and of each tag: all may be hidden from the reader. */
export const SCAN_MAX = 2_000;

/** A row of {@link wasCut}. */
export type CutRow = PostRow & {
  /** Whether there was more to look at than a page may; null if the page is full. */
  cut: boolean | null;
};

/**
 * Looks only if the page is not full, so that a full one does not pay for it.
 *
 * @param page SQL of the rows that were found; $2 is how many make it full
 * @param scanned SQL of all entries in their order
 * @returns SQL of {@link CutRow.cut}
 */
export function wasCut(page: string, scanned: string): string {
  return `CASE WHEN (SELECT count(*) FROM ${page}) < $2 THEN EXISTS (${scanned} OFFSET ${SCAN_MAX - 1}) END`;
}

export function postsOf(rows: readonly CutRow[]): PostView[] {
  return rows.map(({ cut: _cut, ...row }) => postOf(row as PostRow));
}
