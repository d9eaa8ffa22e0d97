import { NIL_UUID } from '@rookery/domain';

/** Where a list that is sorted newest first goes on: after the entry of this time and id. */
export type Position = readonly [createdAt: string, id: string];

/** Where such a list begins. A condition that is left out on the first page would cost the others their index. */
export const NEWEST: Position = ['infinity', NIL_UUID];

/** @returns the position of an entry */
export function positionOf({ createdAt, id }: { createdAt: Date; id: string }): Position {
  return [createdAt.toISOString(), id];
}

/**
 * Reads all there is, one page after the other, so that none needs much memory.
 *
 * @param size entries of a page
 * @param first key before every other
 * @param read the entries after a key, in the order of their keys
 * @param keyOf key of an entry
 * @returns pages; the last one has fewer entries than the others, perhaps none
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

/** As {@link pages}, of what is read in the order of its ids. */
export function pagesById<Row extends { id: string }>(
  size: number,
  read: (after: string, limit: number) => Promise<readonly Row[]>,
): AsyncGenerator<readonly Row[]> {
  return pages(size, NIL_UUID, read, ({ id }) => id);
}
