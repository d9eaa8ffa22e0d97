import { createRequire } from 'node:module';
import type { Client } from 'pg';
import type { FeedScope, StoryFeed as StoryFeedType } from '../libs/contexts/stories/views/feed.ts';
import type { StatsViews as StatsViewsType } from '../libs/contexts/stories/views/stats.ts';
import type { StoryReader as StoryReaderType } from '../libs/contexts/stories/views/story.ts';
import type { Position } from '../libs/persistence/keyset.ts';
import { runNode } from '../tools/support/commands.mts';
import { BenchDatabase, withoutIndexes } from './databases.mts';
import { median, printRow, short } from './figures.mts';

// The code that the apps run.
const load = createRequire(new URL('../dist/', import.meta.url));
const { NEWEST } = load('./libs/persistence/index.js');
const { Accounts } = load('./libs/contexts/identity/contract.js');
const { StoredAccounts } = load('./libs/contexts/identity/storage/accounts.js');
const { MediaLibrary } = load('./libs/contexts/media/contract.js');
const { Relations } = load('./libs/contexts/social/contract.js');
const { People } = load('./libs/contexts/social/storage/people.js');
const { Visibility: SocialVisibility } = load('./libs/contexts/social/storage/visibility.js');
const { Visibility } = load('./libs/contexts/stories/storage/visibility.js');
const { StoryFeed } = load('./libs/contexts/stories/views/feed.js');
const { StatsViews } = load('./libs/contexts/stories/views/stats.js');
const { StoryReader } = load('./libs/contexts/stories/views/story.js');

/**
 * Measures a page of the story feed with many stories, none of which has expired, and many followed users; and compares
 * reading a story with ten views and one with very many views, through the classes that the api uses, over one
 * connection. Each cell is the median of interleaved calls, so that other load affects all equally.
 *
 * BENCH_STORIES=20000,200000 and BENCH_VIEWS=100000 measure less; BENCH_ROUNDS sets the number of rounds. Fails if a
 * page costs more than 1.3 times as much as in the smallest database, or the story more than 1.3 times the other.
 */
const SIZES = (process.env.BENCH_STORIES ?? '20000,200000,1000000').split(',').map(Number);
const VIEWS = Number(process.env.BENCH_VIEWS ?? 1_000_000);
const ROUNDS = Number(process.env.BENCH_ROUNDS ?? 100);
/** The number of custom plans that PostgreSQL makes before it uses a generic one. */
const WARM_UP = 6;
const LIMIT = 20;
const GOAL = 1.3;
const AUTHORS = 12_000;
/** How many authors the measured users follow. */
const FOLLOWED = [50, 10_000];

/** The id of a user or story, by number. */
const idOf = (kind: string, number: string) => `md5('${kind}' || (${number}))::uuid`;

interface Bench {
  name: string;
  feed: StoryFeedType;
  reader: StoryReaderType;
  stats: StatsViewsType;
  viewers: { follows: number; id: string }[];
  /** Author, a story with ten views, one with {@link VIEWS}. */
  viewed: { author: string; few: string; many: string };
  close(): Promise<void>;
}

async function main(): Promise<void> {
  await runNode('dist/migrations/migrate.js', [], { quiet: true });
  const benches: Bench[] = [];
  for (const stories of SIZES) {
    const began = performance.now();
    benches.push(await open(stories));
    console.log(`${short(stories)} stories made in ${((performance.now() - began) / 1_000).toFixed(0)} s`);
  }
  const flat = [await measureFeeds(benches), await measureStories(benches[0]!)];
  for (const bench of benches) await bench.close();
  if (flat.includes(false)) process.exitCode = 1;
}

async function open(stories: number): Promise<Bench> {
  const database = await BenchDatabase.create(`bench_stories_${stories}`);
  const client = await database.connect();
  await fill(client, stories);
  const viewed = await view(client, stories === SIZES[0] ? VIEWS : 10);
  const { rows: viewers } = await client.query<{ follows: number; id: string }>(
    `SELECT follows, ${idOf('viewer', 'follows')} AS id FROM unnest($1::int[]) AS follows`,
    [FOLLOWED],
  );
  await client.query('VACUUM ANALYZE');
  await client.end();
  const app = await database.open([
    { provide: Accounts, useClass: StoredAccounts },
    { provide: MediaLibrary, useValue: undefined }, // the stories have no media
    { provide: Relations, useClass: SocialVisibility },
    People,
    StatsViews,
    StoryFeed,
    StoryReader,
    Visibility,
  ]);
  return {
    name: short(stories),
    feed: app.get(StoryFeed),
    reader: app.get(StoryReader),
    stats: app.get(StatsViews),
    viewers,
    viewed,
    close: async () => {
      await app.close();
      await database.drop();
    },
  };
}

/** Stories of the last day, half of them public and the others for friends, and the rows of the measured feeds. */
async function fill(client: Client, stories: number): Promise<void> {
  await client.query(
    `SET synchronous_commit = off; SET maintenance_work_mem = '512MB'; SET work_mem = '256MB'`,
  );
  const people = `(SELECT ${idOf('author', 'number')} AS id FROM generate_series(0, ${AUTHORS - 1}) AS number
    UNION ALL SELECT ${idOf('viewer', 'follows')} FROM unnest(ARRAY[${FOLLOWED.join()}]) AS follows) AS person`;
  for (const schema of ['social', 'stories'])
    await client.query(
      `INSERT INTO ${schema}.people (id, version, username, name, active)
       SELECT id, 1, id::text, 'Some Person', true FROM ${people}`,
    );
  await client.query(
    `INSERT INTO social.relationships (id, version, user_id, other_id, followed_at)
     SELECT gen_random_uuid(), 1, ${idOf('viewer', 'follows')}, ${idOf('author', 'number')}, now()
     FROM unnest(ARRAY[${FOLLOWED.join()}]) AS follows, generate_series(0, follows - 1) AS number`,
  );
  // Rotates through the authors in steps, so that the stories of followed authors are spread evenly over the day.
  await withoutIndexes(client, 'stories.stories', () =>
    client.query(
      `INSERT INTO stories.stories (id, version, author_id, text, visibility, restricted, created_at, expires_at)
     SELECT ${idOf('story', 'number')}, 1, ${idOf('author', `number * 7919::bigint % ${AUTHORS}`)}, 'Text',
            CASE WHEN number / ${AUTHORS} % 2 = number % 2 THEN 'public' ELSE 'friends' END, false, at, at + interval '2 days'
     FROM (SELECT number, date_trunc('milliseconds', now() - interval '1 day' * (number / ${stories}::float8)) AS at
           FROM generate_series(0, ${stories - 1}) AS number) AS story`,
    ),
  );
  await client.query('ANALYZE stories.stories, social.relationships');
  await withoutIndexes(client, 'stories.feed_items', () =>
    client.query(
      `INSERT INTO stories.feed_items (user_id, story_id, author_id, created_at, friends_only)
     SELECT follow.user_id, story.id, story.author_id, story.created_at, story.visibility = 'friends'
     FROM social.relationships follow JOIN stories.stories story ON story.author_id = follow.other_id`,
    ),
  );
}

/** Two stories of one author, as they are after all views are counted. */
async function view(client: Client, many: number): Promise<Bench['viewed']> {
  const { rows } = await client.query<{ author: string; few: string; many: string }>(
    `SELECT ${idOf('author', '0')} AS author, ${idOf('viewed', '0')} AS few, ${idOf('viewed', '1')} AS many`,
  );
  const ids = rows[0]!;
  for (const [id, views] of [
    [ids.few, 10],
    [ids.many, many],
  ] as const) {
    await client.query(
      `INSERT INTO stories.stories (id, version, author_id, text, visibility, restricted, created_at, expires_at)
       VALUES ($1, 1, $2, 'Text', 'private', false, now(), now() + interval '2 days')`,
      [id, ids.author],
    );
    await withoutIndexes(client, 'stories.story_views', () =>
      client.query(
        `INSERT INTO stories.story_views (story_id, viewer_id, story_author_id, viewed_at)
       SELECT $1, ${idOf('somebody', 'number')}, $2, now() - interval '1 ms' * number FROM generate_series(1, $3::int) AS number`,
        [id, ids.author, views],
      ),
    );
    await client.query(
      `INSERT INTO stories.response_counts (story_id, kind, count) VALUES ($1, 'views', $2)`,
      [id, views],
    );
  }
  return ids;
}

/** @returns whether no page costs much more than in the smallest database */
async function measureFeeds(benches: readonly Bench[]): Promise<boolean> {
  const cells = benches.flatMap((bench) => bench.viewers.map((viewer) => ({ bench, viewer })));
  const middle: Position = [new Date(Date.now() - 12 * 3_600_000).toISOString(), NEWEST[1]];
  const pages: { name: string; scope: FeedScope; position: Position }[] = [
    { name: 'first page', scope: 'all', position: NEWEST },
    { name: 'page in the middle', scope: 'all', position: middle },
    { name: 'following, first page', scope: 'following', position: NEWEST },
    { name: 'following, in the middle', scope: 'following', position: middle },
  ];
  console.log(
    `\nPages, relative to the smallest database (stories × followed), medians of ${ROUNDS} rounds:\n`,
  );
  printRow([
    'page',
    ...cells.map(({ bench, viewer }) => `${bench.name} × ${short(viewer.follows)}`),
    'smallest, ms',
  ]);
  printRow(['---', ...cells.map(() => '--:'), '--:']);
  let flat = true;
  for (const { name, scope, position } of pages) {
    const medians = await interleaved(
      cells.map(({ bench: { feed }, viewer: { id } }) => async () => {
        const found = await feed.candidates(id, scope, position, LIMIT + 1);
        const shown = await feed.visibleOf(id, scope, found);
        if (shown.length !== LIMIT + 1)
          throw new Error(`${name}: ${shown.length} stories are not a full page.`);
      }),
    );
    const ratios = medians.map((each) => each / medians[0]!);
    if (ratios.some((ratio) => ratio > GOAL)) flat = false;
    printRow([name, ...ratios.map((ratio) => ratio.toFixed(2)), medians[0]!.toFixed(2)]);
  }
  console.log(
    flat ? `\n✓ no page costs more than ${GOAL} times` : `\n✗ a page costs more than ${GOAL} times`,
  );
  return flat;
}

/** @returns whether a story with very many views is read as fast as one with ten */
async function measureStories({ reader, stats, viewed }: Bench): Promise<boolean> {
  const { author, few, many } = viewed;
  const read = (id: string, views: number) => async () => {
    const { viewsCount } = await reader.get(id, author);
    if (viewsCount !== views) throw new Error(`${viewsCount} views instead of ${views}.`);
  };
  const [ten, all] = (await interleaved([read(few, 10), read(many, VIEWS)])) as [number, number];
  const ratio = all / ten;
  console.log(
    `\nReading a story with ${short(VIEWS)} views takes ${ratio.toFixed(2)} times as long as one with ten.`,
  );
  const began = performance.now();
  const counted = await stats.of(author, 7);
  const took = (performance.now() - began).toFixed(0);
  console.log(`Statistics over ${short(counted.views)} views take ${took} ms.`);
  return ratio <= GOAL;
}

/** @returns the median milliseconds of each call; calls are interleaved */
async function interleaved(calls: readonly (() => Promise<void>)[]): Promise<number[]> {
  const times = calls.map((): number[] => []);
  for (let round = -WARM_UP; round < ROUNDS; round += 1) {
    for (const [index, call] of calls.entries()) {
      const began = performance.now();
      await call();
      if (round >= 0) times[index]!.push(performance.now() - began);
    }
  }
  return times.map(median);
}

await main();
