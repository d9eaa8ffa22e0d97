import { type ChildProcess, spawn } from 'node:child_process';
import { Agent, request } from 'node:http';
import { Client } from 'pg';
import { findFreePort } from '../tools/parts/ports.mts';
import { stopChild } from '../tools/parts/processes.mts';
import { runNode } from '../tools/support/commands.mts';

/**
 * Measures how one client can affect all others: forty concurrent requests of the most expensive kind, while `/livez`,
 * which does nothing, and a route that reads one row are requested repeatedly. Both must keep responding normally.
 *
 * BENCH_CONCURRENCY, BENCH_USERS and BENCH_POSTS set the numbers. Fails if `/livez` takes 250 ms, if the other route
 * takes a second or does not return 200, or if anything returns 500.
 */
const CONCURRENCY = Number(process.env.BENCH_CONCURRENCY ?? 40);
const USERS = Number(process.env.BENCH_USERS ?? 200_000);
const POSTS = Number(process.env.BENCH_POSTS ?? 200_000);
const GOALS = { livezMs: 250, otherMs: 1_000 };
const BODY_BYTES = 96_000;
const HEADER_BYTES = 14_000;
const PAUSE_MS = 5;
const ID = '01890000-0000-7000-8000-000000000000';

interface Ask {
  method?: string;
  path: string;
  headers?: Record<string, string>;
  body?: string | Buffer;
}

interface Case {
  name: string;
  ask: Ask | ((workspaceId: string) => Ask);
  /** The request of other clients; by default a route that reads one row. */
  other?: Ask;
  /** Without an access token. */
  stranger?: boolean;
}

interface Figures {
  name: string;
  statuses: Map<number, number>;
  livezMs: number;
  otherMs: number;
  /** Responses of the other route that were not 200. */
  failed: number;
  allMs: number;
}

/** Repeats a text until it has almost the maximum length. */
const repeated = (text: string, bytes: number, between = ',') =>
  Array.from({ length: Math.floor(bytes / (text.length + between.length)) }, () => text).join(between);
const numbered = (count: number, entry: (number: number) => string, between = ',') =>
  Array.from({ length: count }, (_, number) => entry(number)).join(between);

const deep = BODY_BYTES / 12;
const BODIES: Record<string, string> = {
  '12,000 unknown members': `{${numbered(12_000, (number) => `"${(number + 1_296).toString(36)}":1`)}}`,
  'as many as are read': `{"title":"x","content":"x",${numbered(990, (number) => `"k${number}":1`)}}`,
  'a long list': `{"title":"x","content":"x","tags":[${repeated('1', BODY_BYTES)}]}`,
  'a list of objects': `{"title":"x","content":"x","tags":[${repeated('{}', BODY_BYTES)}]}`,
  'as many items as are read': `{"title":"x","content":"x","tags":[${numbered(990, (number) => `"tag ${number}"`)}]}`,
  'deep objects': `${'{"a":'.repeat(deep)}1${'}'.repeat(deep)}`,
  'deep lists': '['.repeat(BODY_BYTES / 2) + ']'.repeat(BODY_BYTES / 2),
  'a long text': JSON.stringify({ title: 'x'.repeat(BODY_BYTES), content: 'x' }),
  'a long text of white space': JSON.stringify({ title: ' '.repeat(BODY_BYTES), content: 'x' }),
  escapes: `{"title":"${'\\u0041'.repeat(BODY_BYTES / 6)}","content":"x"}`,
  quotes: `{"title":"${'\\"'.repeat(BODY_BYTES / 2)}","content":"x"}`,
  backslashes: `{"title":"${'\\'.repeat(BODY_BYTES)}`,
  'a long name': JSON.stringify({ ['x'.repeat(BODY_BYTES)]: 1 }),
};

const SEARCHES = {
  users: [
    '',
    'a',
    '---',
    '-'.repeat(50),
    '%_'.repeat(50),
    'a b',
    'person 1',
    'nobody at all',
    'son 9 per 8 erso',
  ],
  posts: ['common', '-common', '-'.repeat(100), '"common rare"', 'nothing', 'common -words'],
  feed: ['-common', '-'.repeat(100), 'common', 'nothing'],
};

const json = { 'content-type': 'application/json' };
const post = (path: string, body: string): Ask => ({ method: 'POST', path, headers: json, body });

/** Files of todos that are legal and cost the most to read, in previews, which store nothing. */
const COLUMNS =
  'title,status,priority,dueDate,recurrence,timeZone,tags,assigneeId,color,difficulty,sortOrder,completedAt,createdAt';
const ZONE = 'DUE;TZID=Nowhere:20900131T160000';
const FILES: Record<string, string> = {
  '130,000 wrong cells': `${COLUMNS}\n${numbered(10_000, () => ',x,x,x,x,x,x,x,x,x,x,x,x', '\n')}`,
  '10,000 time zones': `title,timeZone\n${numbered(10_000, (number) => `x,${number % 2 ? 'Europe/Berlin' : `Z${number}`}`, '\n')}`,
  '9 MB of tags': `title,tags\n${repeated(`x,"${'a,'.repeat(31_000)}"`, 9_000_000, '\n')}`,
  '9 MB of empty lines': 'title\n'.padEnd(9_000_000, '\n'),
  '10,000 components': `BEGIN:VCALENDAR\n${`BEGIN:VTODO\nSUMMARY:x\n${ZONE}\nEND:VTODO\n`.repeat(10_000)}END:VCALENDAR`,
};
let keys = 0;

const DEMO = JSON.stringify({ email: 'user@rookery.test', password: 'Rookery-demo-1' });
const signingIn = post('/v1/auth/login', DEMO);
let registered = 0;

const CASES: Case[] = [
  {
    name: 'registrations, while somebody signs in',
    other: signingIn,
    ask: () => {
      registered += 1;
      const own = { email: `new${registered}@rookery.test`, username: `new${registered}`, name: 'New' };
      return post('/v1/auth/register', JSON.stringify({ ...own, password: 'correct horse battery' }));
    },
  },
  ...Object.entries(BODIES).flatMap(([name, body]) => [
    { name: `${name}, to sign in`, ask: post('/v1/auth/login', body) },
    { name: `${name}, as a post`, ask: post('/v1/posts', body) },
  ]),
  // As bytes, because encoding them for each request would delay the requests that are measured.
  ...Object.entries(FILES).flatMap(([name, text]) => {
    const body = Buffer.from(text);
    return [false, true].map((keyed) => ({
      name: `${name}, as a file${keyed ? ' with a key' : ''}`,
      ask: (workspaceId: string): Ask => ({
        method: 'POST',
        path: `/v1/workspaces/${workspaceId}/todos/import?dryRun=true`,
        headers: {
          'content-type': text.startsWith('BEGIN:') ? 'text/calendar' : 'text/csv',
          ...(keyed && { 'idempotency-key': `bench-${(keys += 1)}` }),
        },
        body,
      }),
    }));
  }),
  {
    name: '12,000 members of a stranger',
    stranger: true,
    ask: post('/v1/posts', BODIES['12,000 unknown members']!),
  },
  {
    name: 'unknown parameters',
    ask: { path: `/v1/feed?${numbered(2_000, (number) => `k${number}=1`, '&')}` },
  },
  { name: 'one parameter, often', ask: { path: `/v1/feed?${repeated('tags=a', HEADER_BYTES, '&')}` } },
  { name: 'a list of commas', ask: { path: `/v1/feed?tags=${','.repeat(HEADER_BYTES)}` } },
  {
    name: 'entity tags',
    ask: { path: '/v1/me', headers: { 'if-none-match': repeated('"0"', HEADER_BYTES) } },
  },
  {
    name: 'encodings',
    ask: { path: '/v1/me', headers: { 'accept-encoding': repeated('x;q=0.1', HEADER_BYTES) } },
  },
  { name: 'a long path', ask: { path: `/v1/${'a/'.repeat(HEADER_BYTES / 2)}` } },
  ...Object.entries({ users: '/v1/users', posts: '/v1/posts', feed: '/v1/feed' }).flatMap(([where, path]) =>
    SEARCHES[where as keyof typeof SEARCHES].map((text) => ({
      name: `search of ${where}: ${text.length > 20 ? `${text.slice(0, 4)}… (${text.length})` : text || 'everything'}`,
      ask: { path: `${path}?search=${encodeURIComponent(text)}` },
    })),
  ),
];

async function main(): Promise<void> {
  await runNode('dist/migrations/migrate.js', [], { quiet: true });
  await runNode('dist/apps/worker/src/seed.js', [], { quiet: true });
  await fill();
  const port = await findFreePort();
  const api = startApi(port);
  try {
    const answer = await until(() => send(port, { path: '/readyz' }));
    if (answer.status !== 200) throw new Error('The api is not ready.');
    const token = await signIn(port);
    const workspaceId = await workspaceOf(port, token);
    const figures: Figures[] = [];
    for (const each of [{ name: 'nothing', ask: { path: '/livez' } }, ...CASES])
      figures.push(await attack(port, token, workspaceId, each));
    report(figures);
  } finally {
    await stopChild(api, 'SIGTERM', 10_000);
  }
}

function startApi(port: number): ChildProcess {
  return spawn(process.execPath, ['dist/apps/api/src/main.js'], {
    env: { ...process.env, PORT: String(port), RATE_LIMIT_ENABLED: 'false', LOG_LEVEL: 'fatal' },
    stdio: 'inherit',
  });
}

/** Searchable users, and a feed with every post. */
async function fill(): Promise<void> {
  const client = new Client({ connectionString: process.env.DATABASE_URL });
  await client.connect();
  await client.query('SET synchronous_commit = off');
  await client.query(
    `INSERT INTO identity.users (id, version, email, username, name, role, status, password_hash, registered_at)
     SELECT ('0189' || lpad(to_hex(nr), 8, '0') || '70008000' || lpad(to_hex(nr), 12, '0'))::uuid, 1,
            'bench' || nr || '@rookery.test', 'bench' || nr, 'Person ' || nr, 'user', 'active', '-', now()
     FROM generate_series(1, $1::int) nr`,
    [USERS],
  );
  await client.query(
    `INSERT INTO social.people (id, version, username, name, active) VALUES ($1, 1, 'bench-author', 'Author', true)`,
    [ID],
  );
  await client.query(
    `INSERT INTO social.posts (id, version, author_id, title, content, tags, created_at, updated_at)
     SELECT gen_random_uuid(), 1, $1, 'Post ' || nr, 'common words and rare' || nr % 1000, '{}', at, at
     FROM generate_series(1, $2::int) nr, LATERAL (SELECT now() - nr * interval '1 second' AS at) AS times`,
    [ID, POSTS],
  );
  await client.query(
    `INSERT INTO social.relationships (id, version, user_id, other_id, followed_at)
     SELECT gen_random_uuid(), 1, id, $1, now() FROM identity.users WHERE email = 'user@rookery.test'`,
    [ID],
  );
  await client.query(
    `INSERT INTO social.feed_items (user_id, created_at, post_id, author_id)
     SELECT reader.id, post.created_at, post.id, post.author_id
     FROM social.posts post, identity.users reader WHERE post.author_id = $1 AND reader.email = 'user@rookery.test'`,
    [ID],
  );
  await client.query('VACUUM (ANALYZE)');
  await client.end();
}

async function signIn(port: number): Promise<string> {
  const { status, body } = await send(port, signingIn);
  if (status !== 200) throw new Error(`The demo account cannot sign in: ${status} ${body}`);
  return (JSON.parse(body) as { accessToken: string }).accessToken;
}

async function workspaceOf(port: number, token: string): Promise<string> {
  const headers = { authorization: `Bearer ${token}` };
  const { status, body } = await send(port, { path: '/v1/workspaces?limit=1', headers });
  if (status !== 200) throw new Error(`The workspaces cannot be read: ${status} ${body}`);
  return (JSON.parse(body) as { data: [{ id: string }] }).data[0].id;
}

/** Sends forty concurrent requests, and meanwhile the two that must not slow down. */
async function attack(
  port: number,
  token: string,
  workspaceId: string,
  { name, ask, other, stranger }: Case,
): Promise<Figures> {
  const authorization = `Bearer ${token}`;
  const asked = typeof ask === 'function' ? () => ask(workspaceId) : () => ask;
  const began = performance.now();
  const answered = { count: 0 };
  const answers = Promise.all(
    Array.from({ length: CONCURRENCY }, () => {
      const each = asked();
      return send(port, {
        ...each,
        headers: { ...(!stranger && { authorization }), ...each.headers },
      }).finally(() => (answered.count += 1));
    }),
  );
  const watch = async (probe: Ask): Promise<{ status: number; ms: number }[]> => {
    const agent = new Agent({ keepAlive: true });
    const seen: { status: number; ms: number }[] = [];
    while (answered.count < CONCURRENCY || seen.length < 3) {
      const sent = performance.now();
      const { status } = await send(port, probe, agent);
      seen.push({ status, ms: performance.now() - sent });
      await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
    }
    agent.destroy();
    return seen;
  };
  const [livez, others] = await Promise.all([
    watch({ path: '/livez' }),
    watch(other ?? { path: '/v1/me/preferences', headers: { authorization } }),
  ]);
  const statuses = new Map<number, number>();
  for (const { status } of await answers) statuses.set(status, (statuses.get(status) ?? 0) + 1);
  return {
    name,
    statuses,
    livezMs: Math.max(...livez.map(({ ms }) => ms)),
    otherMs: Math.max(...others.map(({ ms }) => ms)),
    failed: [...livez, ...others].filter(({ status }) => status !== 200).length,
    allMs: performance.now() - began,
  };
}

function send(
  port: number,
  { method = 'GET', path, headers, body }: Ask,
  agent?: Agent,
): Promise<{ status: number; body: string }> {
  return new Promise((resolve, reject) => {
    const sent = request(
      { host: '127.0.0.1', port, method, path, headers, agent: agent ?? false },
      (answer) => {
        const chunks: Buffer[] = [];
        answer.on('data', (chunk: Buffer) => chunks.push(chunk));
        answer.on('error', reject);
        answer.on('end', () =>
          resolve({ status: answer.statusCode!, body: Buffer.concat(chunks).toString('utf8') }),
        );
      },
    );
    // The connection of a client that is rejected before its body is read can close while it is still sending.
    sent.on('error', reject);
    sent.end(body);
  });
}

async function until<T>(work: () => Promise<T>): Promise<T> {
  const giveUpAt = performance.now() + 30_000;
  for (;;) {
    try {
      return await work();
    } catch (error) {
      if (performance.now() > giveUpAt) throw error;
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }
}

function report(figures: readonly Figures[]): void {
  console.log(`\n${CONCURRENCY} at once, ms:\n`);
  console.log('| case | statuses | longest /livez | longest other | all responded |');
  console.log('| --- | --- | --: | --: | --: |');
  const bad: string[] = [];
  for (const { name, statuses, livezMs, otherMs, failed, allMs } of figures) {
    const answers = [...statuses].map(([status, count]) => `${count} × ${status}`).join(', ');
    console.log(
      `| ${name} | ${answers} | ${livezMs.toFixed(0)} | ${otherMs.toFixed(0)} | ${allMs.toFixed(0)} |`,
    );
    if (livezMs > GOALS.livezMs) bad.push(`${name}: /livez took ${livezMs.toFixed(0)} ms`);
    if (otherMs > GOALS.otherMs) bad.push(`${name}: another route took ${otherMs.toFixed(0)} ms`);
    if (failed > 0) bad.push(`${name}: ${failed} requests of others failed`);
    if (statuses.has(500)) bad.push(`${name}: answered 500`);
  }
  if (bad.length === 0) console.log('\n✓ other clients are not affected');
  else console.log(`\n✗ other clients are affected:\n  ${bad.join('\n  ')}`);
  if (bad.length > 0) process.exitCode = 1;
}

await main();
