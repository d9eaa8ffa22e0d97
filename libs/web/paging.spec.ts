import { createHash, createHmac } from 'node:crypto';
import fc from 'fast-check';
import {
  decodeCursor,
  encodeCursor,
  type Keyset,
  ListQuery,
  nextLink,
  pagedScan,
  pagedVisible,
  pageOf,
} from './paging';

const position = fc.array(fc.oneof(fc.string(), fc.integer(), fc.boolean(), fc.constant(null)), {
  maxLength: 4,
});

describe('A cursor', () => {
  it('decodes to its position', () => {
    fc.assert(
      fc.property(position, (parts) =>
        expect(decodeCursor('feed', encodeCursor('feed', parts))).toEqual(parts),
      ),
    );
  });

  it('is rejected by all other lists', () => {
    const cursor = encodeCursor('feed', ['2026-11-21', 'a']);
    expect(() => decodeCursor('followers', cursor)).toThrow('not issued for this list');
  });

  it('is rejected by a list whose name has its list name as a prefix', () => {
    const seal = Buffer.from(encodeCursor('search:swifts\nswallows', ['a']), 'base64url').subarray(0, 9);
    const forged = Buffer.concat([seal, Buffer.from('swallows\n["a"]')]).toString('base64url');
    expect(() => decodeCursor('search:swifts', forged)).toThrow('not issued for this list');
  });

  it('is refused when any character of it was changed', () => {
    const cursor = encodeCursor('feed', ['2026-11-21T09:00:00.000Z', 'b']);
    for (let index = 0; index < cursor.length; index += 1) {
      const forged = cursor.slice(0, index) + (cursor[index] === 'A' ? 'B' : 'A') + cursor.slice(index + 1);
      expect(() => decodeCursor('feed', forged)).toThrow('not issued for this list');
    }
  });

  it('is rejected if it was forged without the key', () => {
    const text = JSON.stringify(['not a time', 'b']);
    for (const seal of [createHash('sha256'), createHmac('sha256', 'a key of one’s own')]) {
      const checksum = seal
        .update(JSON.stringify(['rookery cursor', 'feed', text]))
        .digest()
        .subarray(0, 9);
      const forged = Buffer.concat([checksum, Buffer.from(text)]).toString('base64url');
      expect(() => decodeCursor('feed', forged)).toThrow('not issued for this list');
    }
  });

  it('is refused when it is no cursor at all', () => {
    fc.assert(
      fc.property(fc.string(), (text) => expect(() => decodeCursor('feed', text)).toThrow('not issued')),
    );
  });

  it('is not needed for the first page', () => {
    expect(decodeCursor('feed', undefined)).toBeUndefined();
  });
});

describe('A page', () => {
  const rows = (count: number) => Array.from({ length: count }, (_, n) => ({ n }));
  const cut = (count: number) => pageOf(rows(count), 2, 'rows', ({ n }) => [n]);

  it('has a next page if one more row was read', () => {
    const { data, page } = cut(3);
    expect(data).toEqual(rows(2));
    expect(decodeCursor('rows', page.nextCursor!)).toEqual([1]);
  });

  it.each([0, 1, 2])('is the last one when only %d rows were read', (count) =>
    expect(cut(count).page.nextCursor).toBeNull(),
  );
});

describe('The link to the next page', () => {
  it('keeps the query parameters and replaces the cursor', () => {
    const request = { url: '/v1/feed?limit=2&tags=a,b&cursor=old' };
    const link = nextLink(request, { data: [], page: { nextCursor: 'new' } });
    expect(link).toBe('</v1/feed?limit=2&tags=a%2Cb&cursor=new>; rel="next"');
  });

  it.each([[null], ['text'], [{ data: [] }], [{ page: { nextCursor: null } }]])(
    'is absent from %j',
    (payload) => expect(nextLink({ url: '/v1/feed' }, payload)).toBeUndefined(),
  );
});

describe('A page of rows of which some are hidden', () => {
  const BY_NUMBER: Keyset<{ n: number }, readonly [n: number]> = { first: [-1], of: ({ n }) => [n] };

  /** Walks a list from its begin to its end, as a client does. */
  async function walk(visible: readonly boolean[], limit: number) {
    const pages: number[][] = [];
    const reads: number[] = [];
    for (let cursor: string | undefined; ;) {
      let count = 0;
      const { data, page } = await pagedVisible(
        Object.assign(new ListQuery(), { limit, cursor }),
        'rows',
        BY_NUMBER,
        async ([after], most) => {
          count += 1;
          return visible.map((_, n) => ({ n })).slice(after + 1, after + 1 + most);
        },
        async (rows) => rows.filter(({ n }) => visible[n]),
      );
      pages.push(data.map(({ n }) => n));
      reads.push(count);
      if (page.nextCursor === null) return { pages, reads };
      cursor = page.nextCursor;
    }
  }

  it('is full while there are enough visible rows', async () => {
    const { pages } = await walk([true, false, false, true, true, false, true, true, true], 2);
    expect(pages).toEqual([
      [0, 3],
      [4, 6],
      [7, 8],
    ]);
  });

  it('is short if too many are hidden, and has a next page', async () => {
    const hidden = Array.from({ length: 40 }, () => false);
    const { pages, reads } = await walk([true, ...hidden, true], 2);
    expect(pages).toEqual([[0], [], [41]]);
    expect(Math.max(...reads)).toBe(5);
  });

  it('shows each visible row once, in order', () =>
    fc.assert(
      fc.asyncProperty(
        fc.array(fc.boolean(), { maxLength: 60 }),
        fc.integer({ min: 1, max: 5 }),
        async (visible, limit) => {
          const { pages } = await walk(visible, limit);
          expect(pages.flat()).toEqual(visible.flatMap((shown, n) => (shown ? [n] : [])));
          for (const page of pages) expect(page.length).toBeLessThanOrEqual(limit);
        },
      ),
    ));
});

describe('A page of a bounded scan', () => {
  const BY_NUMBER: Keyset<{ n: number }, readonly [n: number]> = { first: [-1], of: ({ n }) => [n] };
  const MATCHES = [0, 1, 2, 11, 12, 35];

  /** A list of forty entries, of which a page scans ten. */
  async function walk(limit: number): Promise<number[][]> {
    const pages: number[][] = [];
    for (let cursor: string | undefined; ;) {
      const { data, page } = await pagedScan(
        Object.assign(new ListQuery(), { limit, cursor }),
        'rows',
        BY_NUMBER,
        async ([after], most) => ({
          rows: MATCHES.filter((n) => n > after && n <= after + 10)
            .slice(0, most)
            .map((n) => ({ n })),
          end: after + 10 < 39 ? ([after + 10] as const) : undefined,
        }),
      );
      pages.push(data.map(({ n }) => n));
      if (page.nextCursor === null) return pages;
      cursor = page.nextCursor;
    }
  }

  it('is short if the scan stopped, and continues from there', async () =>
    expect(await walk(20)).toEqual([[0, 1, 2], [11, 12], [], [35]]));

  it('continues from its last entry if it is full', async () =>
    expect((await walk(2)).flat()).toEqual(MATCHES));
});
