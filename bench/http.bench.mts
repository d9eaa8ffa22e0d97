import { type ChildProcess, spawn } from 'node:child_process';
import { createHmac } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { cpus, platform, release, totalmem } from 'node:os';
import { hash } from '@node-rs/argon2';
import autocannon from 'autocannon';
import { Redis } from 'ioredis';
import { Client } from 'pg';
import { findFreePort } from '../tools/parts/ports.mts';
import { stopChild } from '../tools/parts/processes.mts';
import { runNode } from '../tools/support/commands.mts';
import { chartOf } from './chart.mts';
import { cpuMicroseconds, parentOf, residentMegabytes } from './processes.mts';
import { generateSocial } from './social-data.mts';
import { median } from './figures.mts';

/**
 * Compares the cost of a request in this api with that of a bare server that does the same work, on the same
 * PostgreSQL, alternating. Other load on the machine affects both sides, so ratios are comparable between runs, but
 * absolute numbers are not. The api runs from `dist` with the environment of `npm start`: validation, tokens, limits
 * (raised, so that they reject nothing), logs to a file and metrics are on.
 *
 * BENCH_ROUNDS, BENCH_SECONDS and BENCH_POSTS set the amount; BENCH_ONLY=post,feed measures less; BENCH_SAVE=1 rewrites
 * docs/performance/http.md and its chart. CPU times are read from /proc, so they are available only on Linux.
 */
const ROUNDS = Number(process.env.BENCH_ROUNDS ?? 5);
const SECONDS = Number(process.env.BENCH_SECONDS ?? 3);
const POSTS = Number(process.env.BENCH_POSTS ?? 200_000);
const ONLY = process.env.BENCH_ONLY?.split(',');
const CONNECTIONS = 48;
const READERS = 2_000;
const FOLLOWED = 50;
const PASSWORD = 'bench correct horse';
const GOALS: Record<string, number> = { health: 0.5, post: 0.6, feed: 1.2, create: 0.4, login: 0.9 };
const P99_GOAL = 2.5;
const UNLIMITED = '1000000/1';

const load = createRequire(new URL('../dist/', import.meta.url));

interface Reader {
  id: string;
  session: string;
  email: string;
}

/** The request of one of the readers. */
interface Operation {
  name: string;
  request: (reader: number, turn: number) => autocannon.Request;
}

interface Target {
  name: 'bare' | 'api';
  url: string;
  process: ChildProcess;
  tokens: string[];
}

/** CPU times are microseconds per request. */
interface Sample {
  perSecond: number;
  p99Ms: number;
  server: number;
  postgres: number;
  redis: number;
}

type Samples = Record<Target['name'], Sample[]>;

const json = { 'content-type': 'application/json' };
const draft = (turn: number) =>
  JSON.stringify({
    title: `Swifts ${turn}`,
    content: `Saw ${turn} of them this morning. `.repeat(8),
    tags: ['birds'],
  });

async function main(): Promise<void> {
  await runNode('dist/migrations/migrate.js', [], { quiet: true });
  const client = new Client({ connectionString: process.env.DATABASE_URL });
  await client.connect();
  const readers = await fill(client);
  const { rows } = await client.query<{ id: string }>(
    `SELECT post.id FROM bench.posts post JOIN social.people author ON author.id = author_id AND author.active
     ORDER BY md5(post.id::text) LIMIT 2000`,
  );
  const targets = await start(readers);
  const operations = operationsOn(
    rows.map(({ id }) => id),
    readers,
  ).filter(({ name }) => !ONLY || ONLY.includes(name));
  const cpu = await cpuClock(client);
  const memory: Record<string, { rest: number; loaded: number }> = {};
  try {
    for (const { name, process: child } of targets)
      memory[name] = { rest: residentMegabytes(child.pid!), loaded: 0 };
    const samples = await measure(operations, targets, cpu);
    const steady = await measureAtSameRate(operations, targets, samples);
    for (const { name, process: child } of targets) memory[name]!.loaded = residentMegabytes(child.pid!);
    report(
      operations,
      samples,
      steady,
      memory,
      (await client.query('SHOW server_version')).rows[0].server_version,
    );
  } finally {
    for (const { process: child } of targets) await stopChild(child, 'SIGTERM', 10_000);
    cpu.close();
    await client.end();
  }
}

/** Fills the tables of the api, and copies them into those of the bare server. */
async function fill(client: Client): Promise<Reader[]> {
  await generateSocial(client, POSTS);
  const passwordHash = await hash(PASSWORD, { memoryCost: 19_456, timeCost: 2, parallelism: 1 });
  process.env.BENCH_HASH = passwordHash;
  await client.query(
    `INSERT INTO identity.users (id, version, email, username, name, role, status, password_hash, registered_at, verified_at)
     SELECT id, 2, username || '@rookery.test', username, name, 'user', 'active', $1, now(), now() FROM social.people
     WHERE active ORDER BY id DESC LIMIT ${READERS}`,
    [passwordHash],
  );
  await client.query(
    `WITH person AS (SELECT id, row_number() OVER (ORDER BY id) - 1 AS number FROM social.people WHERE active)
     INSERT INTO social.relationships (id, version, user_id, other_id, followed_at)
     SELECT gen_random_uuid(), 1, reader.id, author.id, now()
     FROM identity.users reader CROSS JOIN generate_series(1, ${FOLLOWED}) AS follow
     JOIN person author ON author.number =
       (hashtextextended(reader.id::text, follow) & 2147483647) % (SELECT count(*) FROM person)
     WHERE reader.id <> author.id
     ON CONFLICT DO NOTHING`,
  );
  await client.query('DELETE FROM social.relationships WHERE blocked_at IS NOT NULL');
  await client.query('TRUNCATE social.feed_items, social.merged_follows, social.merged_authors');
  await client.query(
    `INSERT INTO social.feed_items (user_id, created_at, post_id, author_id)
     SELECT follow.user_id, post.created_at, post.id, post.author_id
     FROM identity.users reader JOIN social.relationships follow ON follow.user_id = reader.id
     JOIN social.posts post ON post.author_id = follow.other_id WHERE follow.followed_at IS NOT NULL`,
  );
  await client.query(`
    CREATE SCHEMA bench;
    CREATE TABLE bench.posts (id uuid PRIMARY KEY, author_id uuid NOT NULL, title text NOT NULL, content text NOT NULL,
      tags text[] NOT NULL, version int NOT NULL DEFAULT 1, created_at timestamptz(3) NOT NULL DEFAULT now());
    CREATE TABLE bench.follows (follower_id uuid, followee_id uuid, PRIMARY KEY (follower_id, followee_id));
    CREATE TABLE bench.outbox (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, aggregate_id uuid NOT NULL,
      type text NOT NULL, payload jsonb NOT NULL, created_at timestamptz NOT NULL DEFAULT now());
    INSERT INTO bench.posts SELECT id, author_id, title, content, tags, version, created_at FROM social.posts;
    INSERT INTO bench.follows SELECT user_id, other_id FROM social.relationships WHERE followed_at IS NOT NULL;
    CREATE INDEX ON bench.posts (author_id, created_at DESC, id DESC)`);
  await client.query('VACUUM (ANALYZE)');
  const { rows } = await client.query<Reader>(
    `INSERT INTO identity.sessions (id, user_id, ip, user_agent, idle_expires_at, expires_at, authenticated_at)
     SELECT gen_random_uuid(), id, '127.0.0.1', 'bench', now() + interval '1 day', now() + interval '1 day', now()
     FROM identity.users RETURNING user_id AS id, id AS session,
       (SELECT email FROM identity.users WHERE id = user_id) AS email`,
  );
  return rows;
}

async function start(readers: readonly Reader[]): Promise<Target[]> {
  const secret = 'the yardstick has a secret of its own';
  const names = ['bare', 'api'] as const;
  const nodeArguments = process.env.BENCH_NODE_ARGS?.split(' ') ?? [];
  const scripts = { bare: 'bench/bare-server.mts', api: 'dist/apps/api/src/main.js' };
  const tokens = { bare: readers.map(({ id }) => bareToken(id, secret)), api: await issueTokens(readers) };
  return Promise.all(
    names.map(async (name): Promise<Target> => {
      const port = await findFreePort();
      const child = spawn(process.execPath, [...nodeArguments, scripts[name]], {
        env: {
          ...process.env,
          BENCH_SECRET: secret,
          PORT: String(port),
          RATE_LIMIT_DEFAULT: UNLIMITED,
          RATE_LIMIT_LOGIN: UNLIMITED,
        },
        stdio: ['ignore', 'ignore', 'inherit'],
      });
      const url = `http://127.0.0.1:${port}`;
      await untilAnswered(`${url}/livez`);
      return { name, url, process: child, tokens: tokens[name] };
    }),
  );
}

function bareToken(sub: string, secret: string): string {
  const encode = (part: object) => Buffer.from(JSON.stringify(part)).toString('base64url');
  const signed = `${encode({ alg: 'HS256', typ: 'JWT' })}.${encode({ sub, exp: Math.floor(Date.now() / 1_000) + 86_400 })}`;
  return `${signed}.${createHmac('sha256', secret).update(signed).digest('base64url')}`;
}

/** Issues access tokens as the api does. */
async function issueTokens(readers: readonly Reader[]): Promise<string[]> {
  const { NestFactory } = load('@nestjs/core');
  const { ApiModule } = load('./apps/api/src/api.module.js');
  const { contexts } = load('./libs/contexts/index.js');
  const { AccessTokens } = load('./libs/contexts/identity/services/access-tokens.js');
  const app = await NestFactory.createApplicationContext(ApiModule.of(contexts), { logger: ['error'] });
  const issuer = app.get(AccessTokens, { strict: false });
  const authenticatedAt = new Date();
  const tokens: string[] = [];
  for (const { id, session } of readers)
    tokens.push(await issuer.issue({ id: session, userId: id, authenticatedAt, proofVersion: 1 }));
  await app.close();
  return tokens;
}

async function untilAnswered(url: string): Promise<void> {
  const giveUpAt = performance.now() + 30_000;
  for (;;) {
    try {
      if ((await fetch(url)).ok) return;
    } catch (error) {
      if (performance.now() > giveUpAt) throw error;
    }
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

function operationsOn(posts: readonly string[], readers: readonly Reader[]): Operation[] {
  const create = (headers: Record<string, string>, turn: number): autocannon.Request => ({
    method: 'POST',
    path: '/v1/posts',
    headers: { ...json, ...headers },
    body: draft(turn),
  });
  return [
    { name: 'health', request: () => ({ path: '/livez' }) },
    { name: 'post', request: (_, turn) => ({ path: `/v1/posts/${posts[turn % posts.length]}` }) },
    { name: 'feed', request: () => ({ path: '/v1/feed?limit=20' }) },
    { name: 'create', request: (_, turn) => create({}, turn) },
    {
      name: 'create with a key',
      // The load generator replaces this with a new id for each request.
      request: (_, turn) => create({ 'idempotency-key': '[<id>]' }, turn),
    },
    {
      name: 'login',
      request: (reader) => ({
        method: 'POST',
        path: '/v1/auth/login',
        headers: json,
        body: JSON.stringify({ email: readers[reader]!.email, password: PASSWORD }),
      }),
    },
  ];
}

/** Each request is sent as a different reader, so that cached data of one reader is not used for another. */
function loadOn({ url, tokens }: Target, { request }: Operation, seconds: number, perSecond?: number) {
  let connection = 0;
  return autocannon({
    url,
    connections: CONNECTIONS,
    duration: seconds,
    idReplacement: true,
    ...(perSecond !== undefined && { overallRate: Math.round(perSecond) }),
    setupClient(client) {
      const first = connection++;
      client.setRequests(
        Array.from({ length: Math.floor(tokens.length / CONNECTIONS) }, (_, turn) => {
          const reader = (first + turn * CONNECTIONS) % tokens.length;
          const asked = request(reader, reader);
          return { ...asked, headers: { authorization: `Bearer ${tokens[reader]}`, ...asked.headers } };
        }),
      );
    },
  });
}

interface CpuClock {
  read: (target: Target) => Promise<Record<'server' | 'postgres' | 'redis', number>>;
  close: () => void;
}

async function cpuClock(client: Client): Promise<CpuClock> {
  const { rows } = await client.query<{ pid: number }>('SELECT pg_backend_pid() AS pid');
  const postmaster = parentOf(rows[0]!.pid);
  const redis = new Redis(process.env.REDIS_URL!);
  return {
    async read({ process: child }) {
      const used = [...(await redis.info('cpu')).matchAll(/^used_cpu_(?:sys|user):([\d.]+)/gm)];
      return {
        server: cpuMicroseconds(child.pid!),
        postgres: cpuMicroseconds(postmaster),
        redis: used.reduce((sum, [, seconds]) => sum + Number(seconds) * 1e6, 0),
      };
    },
    close: () => redis.disconnect(),
  };
}

async function measure(
  operations: readonly Operation[],
  targets: readonly Target[],
  cpu: CpuClock,
): Promise<Map<Operation, Samples>> {
  const samples = new Map(
    operations.map((operation): [Operation, Samples] => [operation, { bare: [], api: [] }]),
  );
  for (let round = 1; round <= ROUNDS; round += 1) {
    for (const [operation, of] of samples)
      for (const target of round % 2 ? targets : targets.toReversed()) {
        await loadOn(target, operation, 1);
        of[target.name].push(await sampleOf(target, operation, cpu));
      }
    console.log(`round ${round} of ${ROUNDS}`);
  }
  return samples;
}

async function sampleOf(target: Target, operation: Operation, cpu: CpuClock): Promise<Sample> {
  const before = await cpu.read(target);
  const { requests, latency, non2xx, errors } = await loadOn(target, operation, SECONDS);
  const after = await cpu.read(target);
  if (non2xx + errors > 0)
    throw new Error(
      `${target.name}, ${operation.name}: ${non2xx} responses were not 2xx, ${errors} requests failed.`,
    );
  const each = (part: keyof typeof before) => (after[part] - before[part]) / requests.total;
  return {
    perSecond: requests.average,
    p99Ms: latency.p99,
    server: each('server'),
    postgres: each('postgres'),
    redis: each('redis'),
  };
}

/** @returns the p99 in milliseconds of each target at half of the maximum rate of the api */
async function measureAtSameRate(
  operations: readonly Operation[],
  targets: readonly Target[],
  samples: ReadonlyMap<Operation, Samples>,
): Promise<Map<Operation, Record<Target['name'], number[]>>> {
  const times = new Map(
    operations.map((operation) => [operation, { bare: [] as number[], api: [] as number[] }]),
  );
  for (let round = 1; round <= Math.min(ROUNDS, 3); round += 1)
    for (const [operation, of] of times)
      for (const target of round % 2 ? targets : targets.toReversed()) {
        const rate = median(samples.get(operation)!.api.map(({ perSecond }) => perSecond)) / 2;
        const { latency } = await loadOn(target, operation, SECONDS, rate);
        of[target.name].push(latency.p99);
      }
  return times;
}

function report(
  operations: readonly Operation[],
  samples: ReadonlyMap<Operation, Samples>,
  steady: ReadonlyMap<Operation, Record<Target['name'], number[]>>,
  memory: Record<string, { rest: number; loaded: number }>,
  postgresVersion: string,
): void {
  const rows: string[] = [];
  const bars: { label: string; ratio: number; goal: number | undefined }[] = [];
  const verdicts: [string, boolean][] = [];
  for (const operation of operations) {
    const { bare, api } = samples.get(operation)!;
    const ratios = api.map(({ perSecond }, round) => perSecond / bare[round]!.perSecond);
    const ratio = median(ratios);
    const p99 = steady.get(operation)!;
    const p99Ratio = median(p99.api.map((ms, round) => ms / Math.max(p99.bare[round]!, 1)));
    const goal = GOALS[operation.name];
    const cell = (side: Sample[], part: keyof Sample) => median(side.map((each) => each[part])).toFixed(0);
    const cost = (side: Sample[]) =>
      ['server', 'postgres', 'redis'].map((part) => cell(side, part as keyof Sample)).join(' / ');
    rows.push(
      `| ${operation.name} | **${ratio.toFixed(2)}** (${Math.min(...ratios).toFixed(2)}–${Math.max(...ratios).toFixed(2)}) | ${goal ?? ''} | ${p99Ratio.toFixed(1)} | ${cost(api)} | ${cost(bare)} | ${cell(api, 'perSecond')} | ${cell(bare, 'perSecond')} |`,
    );
    bars.push({ label: operation.name, ratio, goal });
    if (goal !== undefined) verdicts.push([`${operation.name}: ${goal} of bare`, ratio >= goal]);
    verdicts.push([
      `${operation.name}: p99 at the same rate at most ${P99_GOAL} times that of bare`,
      p99Ratio <= P99_GOAL,
    ]);
  }
  const table = [
    '| | ratio to bare (range) | goal | p99 at the same rate, times bare | CPU µs a request: api / PostgreSQL / Redis | bare | requests a second | bare |',
    '| --- | --- | --: | --: | --- | --- | --: | --: |',
    ...rows,
  ].join('\n');
  const model = cpus()[0]?.model ?? 'unknown';
  const about = [
    `${ROUNDS} rounds of ${SECONDS} s, ${CONNECTIONS} connections, ${READERS.toLocaleString('en')} sessions, ${POSTS.toLocaleString('en')} posts; medians.`,
    `${cpus().length} × ${model.trim()}, ${(totalmem() / 2 ** 30).toFixed(0)} GB, ${platform()} ${release()}, Node ${process.versions.node}, PostgreSQL ${postgresVersion.split(' ')[0]}.`,
    `Memory at rest and after the load, MB: api ${memory.api!.rest.toFixed(0)}, ${memory.api!.loaded.toFixed(0)}; bare ${memory.bare!.rest.toFixed(0)}, ${memory.bare!.loaded.toFixed(0)}.`,
  ].join('\n');
  console.log(`\n${table}\n\n${about}\n`);
  for (const [goal, met] of verdicts) console.log(`${met ? '✓' : '✗'} ${goal}`);
  if (process.env.BENCH_SAVE !== '1') return;
  writeFileSync(
    'docs/performance/http.md',
    `# Requests beside a bare server\n\nWritten by \`BENCH_SAVE=1 npm run bench:http\`.\n\n![Ratios](http.svg)\n\n${table}\n\n${about}\n`,
  );
  writeFileSync('docs/performance/http.svg', chartOf('Requests a second, bare node:http + pg = 1', bars));
}

await main();
