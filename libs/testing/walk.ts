import { array, assert, asyncProperty, integer, nat, record } from 'fast-check';

/** A list, newest first, that is read page by page while it changes. */
export interface WalkedList {
  /** Adds entries with these times, in milliseconds after a fixed time. @returns their ids */
  insert(times: readonly number[]): Promise<string[]>;
  remove(ids: readonly string[]): Promise<void>;
  /** @returns the page that the api returns for a query, `limit=3&cursor=…` */
  page(query: string): Promise<{ data: Entry[]; page: { nextCursor: string | null } }>;
}

interface Entry {
  id: string;
  createdAt: string;
}

/** Few distinct times, so that many entries share one. */
const time = integer({ min: 0, max: 4 });
const step = record({
  limit: integer({ min: 1, max: 6 }),
  inserts: array(time, { maxLength: 3 }),
  removals: array(nat(), { maxLength: 2 }),
});

/**
 * The property of every list with cursors: whatever is added and removed concurrently, paging returns no entry twice,
 * returns all entries that existed throughout, and keeps the order.
 *
 * @param open creates an empty list; called for each run
 * @throws Error with the smallest failing run
 */
export async function verifyWalks(open: () => Promise<WalkedList>): Promise<void> {
  const walk = asyncProperty(
    array(time, { maxLength: 25 }),
    array(step, { minLength: 1, maxLength: 8 }),
    async (times, steps) => {
      const list = await open();
      const initial = await list.insert(times);
      const removed = new Set<string>();
      const seen: Entry[] = [];
      for (let number = 0, cursor: string | null = ''; cursor !== null; number += 1) {
        const { limit, inserts, removals } = steps[number] ?? { limit: 3, inserts: [], removals: [] };
        const going = initial.length > 0 ? removals.map((index) => initial[index % initial.length]!) : [];
        for (const id of going) removed.add(id);
        const [{ data, page }]: [Awaited<ReturnType<WalkedList['page']>>, ...unknown[]] = await Promise.all([
          list.page(`limit=${limit}${cursor && `&cursor=${cursor}`}`),
          list.insert(inserts),
          list.remove(going),
        ]);
        seen.push(...data);
        cursor = page.nextCursor;
      }
      const ids = seen.map(({ id }) => id);
      expect(new Set(ids).size).toBe(ids.length);
      expect(ids).toEqual(expect.arrayContaining(initial.filter((id) => !removed.has(id))));
      expect(seen.map(keyOf)).toEqual(seen.map(keyOf).sort().toReversed());
    },
  );
  await assert(walk, { numRuns: 40 });
}

function keyOf({ createdAt, id }: Entry): string {
  return `${createdAt} ${id}`;
}
