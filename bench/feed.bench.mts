import { createRequire } from 'node:module';
import type { Client } from 'pg';
import type { Feed as FeedType, FeedFilters } from '../libs/contexts/social/views/feed.ts';
import type { Explore as ExploreType } from '../libs/contexts/social/views/explore.ts';
import type { PostSearch as PostSearchType } from '../libs/contexts/social/views/post-search.ts';
import type { SearchBulkhead as SearchBulkheadType } from '../libs/persistence/search-bulkhead.ts';
import type { Position } from '../libs/persistence/keyset.ts';
import { runNode } from '../tools/support/commands.mts';
import { BenchDatabase } from './databases.mts';
import { median, printRow, short } from './figures.mts';
import { generateSocial, PERIOD, type Viewer } from './social-data.mts';

// The code that the apps run.
const load = createRequire(new URL('../dist/', import.meta.url));
const { NEWEST, SearchBulkhead } = load('./libs/persistence/index.js');
const { reads } = load('./libs/contexts/social/storage/visibility.js');
const { Explore } = load('./libs/contexts/social/views/explore.js');
const { Feed } = load('./libs/contexts/social/views/feed.js');
const { BEST, PostSearch } = load('./libs/contexts/social/views/post-search.js');
const { WordIndex } = load('./libs/contexts/social/views/word-index.js');
const { postColumns } = load('./libs/contexts/social/views/post.js');

/**
 * Measures the cost of a page of the feed, of the newest posts and of a search, with much data and many followed
 * authors, through the classes that the api uses. Each cell is the median of interleaved calls (a page of each database in turn), so that other load affects all
 * equally. For comparison, of the feed: a plain join of follows and posts (fan-out on read) in the same database.
 *
 * BENCH_POSTS=20000,200000 measures less; BENCH_ROUNDS sets the number of rounds. Fails if a page costs more than 1.3
 * times as much as in the smallest database, or more than its limit, if it has one.
 */
const SIZES = (process.env.BENCH_POSTS ?? '20000,200000,2000000').split(',').map(Number);
const ROUNDS = Number(process.env.BENCH_ROUNDS ?? 60);
/** The plain join is run less often, with a timeout: it may take seconds. */
const PLAIN_ROUNDS = 3;
const GIVEN_UP_MS = 2_000;
const QUERY_CANCELED = '57014';
/** The number of custom plans that PostgreSQL makes before it uses a generic one. */
const WARM_UP = 6;
const LIMIT = 20;
const GOAL = 1.3;
/** Maximum of searches whose cost grows: slightly more than a scan of the newest 100,000 posts. */
const BOUND_MS = 100;

const PLAIN: FeedFilters = { tags: [], search: '', sort: 'desc' };
const MIDDLE = new Date((Date.parse(PERIOD.from) + Date.parse(PERIOD.to)) / 2).toISOString();
const MONTH = { since: '2025-01-01T00:00:00.000Z', until: '2025-02-01T00:00:00.000Z' };
const FIRST_ID = '00000000-0000-0000-0000-000000000000';

interface Page {
  name: string;
  filters: FeedFilters;
  position?: Position;
  /** What to read; by default the feed. */
  of?: 'explore' | 'search';
  /** Its cost can grow up to a limit; it can find few posts. */
  bounded?: boolean;
}

const PAGES: Page[] = [
  { name: 'first page', filters: PLAIN },
  { name: 'page in the middle', filters: PLAIN, position: [MIDDLE, FIRST_ID] },
  { name: 'oldest first', filters: { ...PLAIN, sort: 'asc' } },
  { name: 'of one month', filters: { ...PLAIN, ...MONTH } },
  { name: 'tag, one post in 4', filters: { ...PLAIN, tags: ['common'] } },
  { name: 'tag, one in 30', filters: { ...PLAIN, tags: ['uncommon'] } },
  { name: 'tag, 30 posts', filters: { ...PLAIN, tags: ['rare'] } },
  { name: 'word, one post in 4', filters: { ...PLAIN, search: 'common' } },
  { name: 'word, one in 30', filters: { ...PLAIN, search: 'uncommon' } },
  { name: 'word, 30 posts', filters: { ...PLAIN, search: 'rare' } },
  { name: 'without a word of every post', filters: { ...PLAIN, search: '-on' }, bounded: true },
  { name: 'explore', filters: PLAIN, of: 'explore' },
  { name: 'explore, in the middle', filters: PLAIN, of: 'explore', position: [MIDDLE, FIRST_ID] },
  { name: 'explore, tag of one post in 4', filters: { ...PLAIN, tags: ['common'] }, of: 'explore' },
  { name: 'explore, tag of one in 30', filters: { ...PLAIN, tags: ['uncommon'] }, of: 'explore' },
  { name: 'explore, tag of 30 posts', filters: { ...PLAIN, tags: ['rare'] }, of: 'explore' },
  {
    name: 'explore, five tags',
    filters: { ...PLAIN, tags: ['common', 'uncommon', 'rare', 'topic1', 'topic2'] },
    of: 'explore',
  },
  { name: 'search, one post in 4', filters: { ...PLAIN, search: 'common' }, of: 'search' },
  { name: 'search, one in 30', filters: { ...PLAIN, search: 'uncommon' }, of: 'search', bounded: true },
  { name: 'search, 30 posts', filters: { ...PLAIN, search: 'rare' }, of: 'search', bounded: true },
  { name: 'search, nothing', filters: { ...PLAIN, search: 'nowhere' }, of: 'search', bounded: true },
  {
    name: 'search, common words, never together',
    filters: { ...PLAIN, search: 'left right' },
    of: 'search',
    bounded: true,
  },
  {
    name: 'search, a phrase that is none',
    filters: { ...PLAIN, search: '"uncommon common"' },
    of: 'search',
    bounded: true,
  },
  {
    name: 'search, without a word of every post',
    filters: { ...PLAIN, search: '-on' },
    of: 'search',
    bounded: true,
  },
];
const FEED_PAGES = PAGES.filter((page) => !page.of && !page.bounded);

/** The classes that the api uses, on one connection. */
interface Views {
  feed: FeedType;
  explore: ExploreType;
  search: PostSearchType;
  bulkhead: SearchBulkheadType;
}

/** A feed of one database. */
interface Cell {
  name: string;
  viewer: Viewer;
  views: Views;
  client: Client;
  close: () => Promise<void>;
}

/** Milliseconds per page and cell. */
type Times = Map<Page, number[][]>;

async function main(): Promise<void> {
  await runNode('dist/migrations/migrate.js', [], { quiet: true });
  const cells: Cell[] = [];
  for (const posts of SIZES) {
    const began = performance.now();
    cells.push(...(await openNetwork(posts)));
    console.log(`${short(posts)} posts made in ${((performance.now() - began) / 1_000).toFixed(0)} s`);
  }
  await verify(cells);
  await measure(cells, WARM_UP, 30_000, readThroughViews);
  const ours = await measure(cells, ROUNDS, 90_000, readThroughViews);
  const plain = await measure(cells, PLAIN_ROUNDS, 45_000, readThroughJoin, FEED_PAGES);
  for (const { close } of cells) await close();
  report(cells, ours, plain);
}

/** Creates a database with the given number of posts, and opens its feeds for measurement. */
async function openNetwork(posts: number): Promise<Cell[]> {
  const database = await BenchDatabase.create(`bench_feed_${posts}`);
  const client = await database.connect();
  const viewers = await generateSocial(client, posts);
  await client.query('RESET ALL');
  await client.query(`SET statement_timeout = ${GIVEN_UP_MS}`);
  const { close, ...views } = await openViews(database);
  let open = true;
  return viewers.map((viewer) => ({
    name: `${short(posts)} × ${short(viewer.follows)}`,
    viewer,
    views,
    client,
    close: async () => {
      if (!open) return;
      open = false;
      await client.end();
      await close();
      await database.drop();
    },
  }));
}

async function openViews(database: BenchDatabase): Promise<Views & { close: () => Promise<void> }> {
  const app = await database.open([Explore, Feed, PostSearch, WordIndex]);
  return {
    feed: app.get(Feed),
    explore: app.get(Explore),
    search: app.get(PostSearch),
    bulkhead: app.get(SearchBulkhead, { strict: false }),
    close: () => app.close(),
  };
}

async function readThroughViews(
  { views: { feed, explore, search, bulkhead }, viewer }: Cell,
  { filters, position, of }: Page,
): Promise<readonly { id: string }[]> {
  if (of === 'explore') return (await explore.newest(viewer.id, filters, position ?? NEWEST, LIMIT + 1)).rows;
  if (of === 'search') {
    const found = await bulkhead.run(() => search.rank(filters, viewer.id, PERIOD.to, BEST, LIMIT + 1));
    return found.map(({ post }) => post);
  }
  return (await feed.page(viewer.id, filters, position, LIMIT + 1)).rows;
}

/** Fan-out on read: all posts of all followed authors, sorted and limited. Undefined if it times out. */
async function readThroughJoin(
  { client, viewer }: Cell,
  { filters, position }: Page,
): Promise<{ id: string }[] | undefined> {
  const { tags, search, since, until, sort } = filters;
  const values: unknown[] = [viewer.id, LIMIT + 1];
  const conditions = ['true'];
  if (tags.length > 0) conditions.push(`post.tags && $${values.push(tags)}::text[]`);
  if (search !== '')
    conditions.push(`post.search @@ websearch_to_tsquery('simple', $${values.push(search)})`);
  if (since) conditions.push(`post.created_at >= $${values.push(since)}::timestamptz`);
  if (until) conditions.push(`post.created_at <= $${values.push(until)}::timestamptz`);
  if (position) {
    const last = values.push(...position);
    conditions.push(`(post.created_at, post.id) < ($${last - 1}::timestamptz, $${last}::uuid)`);
  }
  const text = `
    SELECT ${postColumns('$1')}
    FROM (SELECT other_id AS id FROM social.relationships
          WHERE user_id = $1 AND followed_at IS NOT NULL AND muted_at IS NULL AND ${reads('$1', 'other_id')}
          UNION ALL SELECT $1) AS followed
    JOIN social.posts post ON post.author_id = followed.id
    JOIN social.people author ON author.id = post.author_id AND author.active
    WHERE ${conditions.join(' AND ')}
    ORDER BY post.created_at ${sort}, post.id ${sort} LIMIT $2`;
  try {
    return (await client.query<{ id: string }>({ text, values })).rows;
  } catch (error) {
    if ((error as { code?: string }).code === QUERY_CANCELED) return undefined;
    throw error;
  }
}

/** Both ways must find the same full page: a query that is fast because it finds less does not count. */
async function verify(cells: readonly Cell[]): Promise<void> {
  for (const page of PAGES.filter(({ bounded }) => !bounded)) {
    for (const cell of cells) {
      const ours = await readThroughViews(cell, page);
      const plain = page.of ? undefined : await readThroughJoin(cell, page);
      const same =
        !plain || JSON.stringify(ours.map(({ id }) => id)) === JSON.stringify(plain.map(({ id }) => id));
      if (!same) throw new Error(`${page.name}, ${cell.name}: the feed and the join differ.`);
      if (ours.length <= LIMIT)
        throw new Error(`${page.name}, ${cell.name}: ${ours.length} posts are not a full page.`);
    }
  }
}

/**
 * Reads each page in each cell in turn; a query that timed out once is not repeated. One page after the other: all of
 * them together exceed PostgreSQL's memory, and a frequently read page would not be cached.
 *
 * @param rounds number of rounds
 * @param budgetMs time after which no new round begins
 */
async function measure(
  cells: readonly Cell[],
  rounds: number,
  budgetMs: number,
  read: (cell: Cell, page: Page) => Promise<object | undefined>,
  pages = PAGES,
): Promise<Times> {
  const times: Times = new Map(pages.map((page) => [page, cells.map(() => [])]));
  for (const page of pages) {
    const giveUpAt = performance.now() + budgetMs / pages.length;
    for (let round = 0; round < rounds && performance.now() < giveUpAt; round += 1) {
      for (const [index, cell] of cells.entries()) {
        const taken = times.get(page)![index]!;
        if (taken.at(-1) === Infinity) continue;
        const began = performance.now();
        const rows = await read(cell, page);
        taken.push(rows ? performance.now() - began : Infinity);
      }
    }
  }
  return times;
}

function report(cells: readonly Cell[], ours: Times, plain: Times): void {
  const names = cells.map(({ name }) => name);
  const steep: string[] = [];
  const rounds = Math.min(...[...ours.values()].flat().map(({ length }) => length));
  console.log(
    `\nPages, relative to the smallest database (posts × followed), medians of ${rounds} rounds or more:\n`,
  );
  printRow(['page', ...names, names[0] + ', ms']);
  printRow(['---', ...names.map(() => '--:'), '--:']);
  for (const page of PAGES) {
    const medians = ours.get(page)!.map(median);
    const ratios = medians.map((each) => each / medians[0]!);
    for (const [index, ratio] of ratios.entries()) {
      const tooMuch = page.bounded ? medians[index]! > BOUND_MS : ratio > GOAL;
      if (tooMuch && ratio > GOAL) steep.push(`${page.name}, ${names[index]}: ${ratio.toFixed(2)}`);
    }
    printRow([
      page.bounded ? `${page.name} (bounded)` : page.name,
      ...ratios.map((ratio) => ratio.toFixed(2)),
      medians[0]!.toFixed(2),
    ]);
  }
  console.log(`\nFan-out on read, relative to the feed in the same cell:\n`);
  printRow(['page', ...names]);
  printRow(['---', ...names.map(() => '--:')]);
  for (const page of FEED_PAGES) {
    const ratios = plain.get(page)!.map((times, index) => {
      const feed = median(ours.get(page)![index]!);
      const join = median(times);
      return join === Infinity ? `> ${(GIVEN_UP_MS / feed).toFixed(0)}` : (join / feed).toFixed(1);
    });
    printRow([page.name, ...ratios]);
  }
  if (steep.length === 0)
    console.log(
      `\n✓ no page costs more than ${GOAL} times as much as in the smallest database, or than its limit of ${BOUND_MS} ms`,
    );
  else
    console.log(
      `\n✗ more than ${GOAL} times as much as in the smallest database, or than its limit:\n  ${steep.join('\n  ')}`,
    );
  if (steep.length > 0) process.exitCode = 1;
}

await main();
