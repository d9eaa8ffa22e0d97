import { postOf, type PostRow, type PostView } from './post';

/**
 * Maximum entries that one page scans without tags and search, and per tag: all of them can be hidden from the reader.
 */
export const SCAN_MAX = 2_000;

/** A row of {@link wasCut}. */
export type CutRow = PostRow & {
  /** Whether there were more entries than a page can scan; null if the page is full. */
  cut: boolean | null;
};

/**
 * Checked only if the page is not full, so that it costs nothing for a full page.
 *
 * @param page SQL of the rows that were found; $2 is the number of rows of a full page
 * @param scanned SQL of all entries in their order
 * @returns SQL of {@link CutRow.cut}
 */
export function wasCut(page: string, scanned: string): string {
  return `CASE WHEN (SELECT count(*) FROM ${page}) < $2 THEN EXISTS (${scanned} OFFSET ${SCAN_MAX - 1}) END`;
}

export function postsOf(rows: readonly CutRow[]): PostView[] {
  return rows.map(({ cut: _cut, ...row }) => postOf(row as PostRow));
}
