import { NIL_UUID } from '@rookery/domain';

/** Position in a list sorted by time: after the entry with this time and id. */
export type Position = readonly [createdAt: string, id: string];

/**
 * Start of a list sorted newest first. An optional condition for the first page would prevent the other pages from using their index.
 */
export const NEWEST: Position = ['infinity', NIL_UUID];

/** Start of a list sorted oldest first. */
export const OLDEST: Position = ['-infinity', NIL_UUID];

/** @returns the position of an entry */
export function positionOf({ createdAt, id }: { createdAt: Date; id: string }): Position {
  return [createdAt.toISOString(), id];
}

/**
 * Reads everything page by page, to limit memory.
 *
 * @param size entries per page
 * @param a key before all others
 * @param read the entries after a key, in the order of their keys
 * @param keyOf key of an entry
 * @returns pages; the last one has fewer entries than the others, possibly none
 */
export async function* pages<Row, Key>(
  size: number,
  first: Key,
  read: (after: Key, limit: number) => Promise<readonly Row[]>,
  keyOf: (row: Row) => Key,
): AsyncGenerator<readonly Row[]> {
  for (let after = first; ;) {
    const page = await read(after, size);
    yield page;
    if (page.length < size) return;
    after = keyOf(page.at(-1)!);
  }
}

/** Like {@link pages}, in the order of ids. */
export function pagesById<Row extends { id: string }>(
  size: number,
  read: (after: string, limit: number) => Promise<readonly Row[]>,
): AsyncGenerator<readonly Row[]> {
  return pages(size, NIL_UUID, read, ({ id }) => id);
}
