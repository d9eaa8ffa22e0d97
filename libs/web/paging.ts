import { createHmac, timingSafeEqual } from 'node:crypto';
import { MAX_UUID } from '@rookery/domain';
import { NEWEST, type Position, positionOf } from '@rookery/persistence';
import { MasterKey } from '@rookery/settings';
import type { FastifyRequest } from 'fastify';
import { Field, Item } from './fields';
import { RequestRefused } from './problem';
import { Problems } from './problems';
import { declareDerived, schemaNameOf } from './schemas';

/** Query parameters of every list; lists with filters extend it. */
export class ListQuery {
  @Field.integer({ min: 1, max: 100, default: 20, description: 'Maximum number of entries per page.' })
  limit = 20;

  @Field.text({ max: 1024, optional: true, description: '`nextCursor` of the previous page.' })
  cursor?: string;
}

/** Start of the next page. */
export class PageInfo {
  @Field.text({ max: 1024, nullable: true, description: 'Cursor of the next page; null on the last one.' })
  nextCursor: string | null;
}

/** Response of every list. */
export interface Page<T> {
  data: T[];
  page: PageInfo;
}

const envelopes = new WeakMap<new () => object, new () => Page<object>>();

/** @returns the class that describes a page of `Entry` in the API description: `PostList` for `Post`. */
export function ListOf<T extends object>(Entry: new () => T): new () => Page<T> {
  let Envelope = envelopes.get(Entry);
  if (!Envelope) {
    class List implements Page<object> {
      @Field.list(Item.object(() => Entry), { max: 100, description: 'The entries of this page.' })
      data: object[];

      @Field.object(() => PageInfo, { description: 'Cursor of the next page.' })
      page: PageInfo;
    }
    Object.defineProperty(List, 'name', { value: `${schemaNameOf(Entry)}List` });
    declareDerived(List, Entry);
    Envelope = List;
    envelopes.set(Entry, Envelope);
  }
  return Envelope as unknown as new () => Page<T>;
}

/** One value of a keyset. */
export type CursorPart = string | number | boolean | null;

/**
 * Turns the position of a page's last entry into a cursor. The cursor is authenticated, not secret: a damaged, foreign
 * or forged cursor is rejected before it reaches a query.
 *
 * @param list unique name of the list, including everything that makes positions comparable: `feed:<user>:desc`
 * @param position the keyset of the last entry, `[createdAt, id]`
 */
export function encodeCursor(list: string, position: readonly CursorPart[]): string {
  const text = JSON.stringify(position);
  return Buffer.concat([sealOf(list, text), Buffer.from(text, 'utf8')]).toString('base64url');
}

/**
 * @param list name that it was encoded with
 * @param cursor from the request; undefined on the first page
 * @returns the position; undefined without a cursor
 * @throws RequestRefused `request.invalid-cursor` if the cursor was not issued for this list
 */
export function decodeCursor<P extends readonly CursorPart[] = readonly CursorPart[]>(
  list: string,
  cursor: string | undefined,
): P | undefined {
  if (cursor === undefined) return undefined;
  const bytes = Buffer.from(cursor, 'base64url');
  const text = bytes.subarray(SEAL_BYTES).toString('utf8');
  const seal = bytes.subarray(0, SEAL_BYTES);
  const genuine =
    bytes.toString('base64url') === cursor &&
    seal.length === SEAL_BYTES &&
    timingSafeEqual(seal, sealOf(list, text));
  if (!genuine) throw new RequestRefused(Problems.invalidCursor);
  return JSON.parse(text) as P;
}

const SEAL_BYTES = 9;
let key: Buffer | undefined;

/**
 * The first bytes of an HMAC: 72 bits, which cannot be guessed over a network. Authenticated as JSON, so that the name
 * of a list, which may contain a client's search text, cannot be confused with the rest.
 */
function sealOf(list: string, text: string): Buffer {
  key ??= new MasterKey().derive('cursors');
  return createHmac('sha256', key)
    .update(JSON.stringify(['rookery cursor', list, text]))
    .digest()
    .subarray(0, SEAL_BYTES);
}

/**
 * Cuts a page from rows that were read with `LIMIT limit + 1`: the extra row means that there is a next page.
 *
 * @param rows in the order of the list, at most `limit + 1`
 * @param limit entries of a page
 * @param list name for the cursor
 * @param keyOf keyset of a row
 */
export function pageOf<T>(
  rows: readonly T[],
  limit: number,
  list: string,
  keyOf: (row: T) => readonly CursorPart[],
): Page<T> {
  const data = rows.slice(0, limit);
  const last = data.at(-1);
  const more = rows.length > limit && last !== undefined;
  return { data, page: { nextCursor: more ? encodeCursor(list, keyOf(last)) : null } };
}

/** The sort order of a list. */
export interface Keyset<Row, P extends readonly CursorPart[], First extends P | undefined = P> {
  /** Position before the first entry. */
  first: First;
  of: (row: Row) => P;
}

/** Newest first, by id. */
export const BY_ID: Keyset<{ id: string }, readonly [id: string]> = {
  first: [MAX_UUID],
  of: ({ id }) => [id],
};
/** Newest first, by time and id. */
export const BY_TIME: Keyset<{ createdAt: Date; id: string }, Position> = { first: NEWEST, of: positionOf };

/**
 * Reads one page of a list.
 *
 * @param query which page
 * @param list name of the list, see {@link encodeCursor}
 * @param keyset sort order
 * @param read reads at most `limit` entries after a position, in this order
 * @throws RequestRefused `request.invalid-cursor` if the cursor was not issued for this list
 */
export async function paged<Row, P extends readonly CursorPart[], First extends P | undefined = P>(
  { limit, cursor }: ListQuery,
  list: string,
  keyset: Keyset<Row, P, First>,
  read: (after: P | First, limit: number) => Promise<readonly Row[]>,
): Promise<Page<Row>> {
  const after = decodeCursor<P>(list, cursor) ?? keyset.first;
  return pageOf(await read(after, limit + 1), limit, list, keyset.of);
}

/** Rows of a scan that can have stopped before the page was full. */
export interface Scanned<Row, P extends readonly CursorPart[]> {
  rows: readonly Row[];
  /** Where the scan stopped; undefined at the end of the list. */
  end: P | undefined;
}

/**
 * Like {@link paged}, for a limited scan: if it stops early, the page is short or empty but still has a next page,
 * which continues from there.
 */
export async function pagedScan<Row, P extends readonly CursorPart[], First extends P | undefined = P>(
  { limit, cursor }: ListQuery,
  list: string,
  keyset: Keyset<Row, P, First>,
  scan: (after: P | First, limit: number) => Promise<Scanned<Row, P>>,
): Promise<Page<Row>> {
  const { rows, end } = await scan(decodeCursor<P>(list, cursor) ?? keyset.first, limit + 1);
  if (end === undefined || rows.length > limit) return pageOf(rows, limit, list, keyset.of);
  return { data: [...rows], page: { nextCursor: encodeCursor(list, end) } };
}

/** Maximum number of additional reads per page to find rows that the caller can see. */
const MAX_READS = 5;

/**
 * Like {@link paged}, for rows whose visibility another context decides after they are read (`Relations.visibleTo` of
 * social). Reads until the page is full, a limited number of times: if nearly all rows are hidden, a page is short or
 * empty but still has a next page. Its cursor then contains the position of a hidden row.
 *
 * @param visibleOf returns the rows that the caller can see, in the same order, or their views
 */
export async function pagedVisible<
  Row,
  P extends readonly CursorPart[],
  First extends P | undefined = P,
  Shown = Row,
>(
  { limit, cursor }: ListQuery,
  list: string,
  keyset: Keyset<Row | Shown, P, First>,
  read: (after: P | First, limit: number) => Promise<readonly Row[]>,
  visibleOf: (rows: readonly Row[]) => Promise<readonly Shown[]>,
): Promise<Page<Shown>> {
  const visible: Shown[] = [];
  let rows = await read(decodeCursor<P>(list, cursor) ?? keyset.first, limit + 1);
  for (let reads = 1; ; reads += 1) {
    visible.push(...(await visibleOf(rows)));
    if (visible.length > limit || rows.length <= limit) return pageOf(visible, limit, list, keyset.of);
    const position = keyset.of(rows.at(-1)!);
    if (reads === MAX_READS) return { data: visible, page: { nextCursor: encodeCursor(list, position) } };
    rows = await read(position, limit + 1);
  }
}

/** @returns `Link: <…>; rel="next"` (RFC 8288) for the next page; undefined on the last page. */
export function nextLink(request: Pick<FastifyRequest, 'url'>, payload: unknown): string | undefined {
  const cursor = (payload as Partial<Page<unknown>> | null)?.page?.nextCursor;
  if (typeof cursor !== 'string') return undefined;
  const [path = '', query = ''] = request.url.split('?', 2);
  const next = new URLSearchParams(query);
  next.set('cursor', cursor);
  return `<${path}?${next.toString()}>; rel="next"`;
}
