import { createRequire } from 'node:module';
import { Client } from 'pg';
import type { Deliveries as DeliveriesType, Outbox as OutboxType } from '../libs/persistence/index.ts';
import { runNode } from '../tools/support/commands.mts';
import { median, printRow } from './figures.mts';

// The code that the apps run.
const load = createRequire(new URL('../dist/', import.meta.url));
const { NestFactory } = load('@nestjs/core');
const { HealthChecks } = load('./libs/observability/index.js');
const { Deliveries, Outbox, PersistenceModule, RelayHint, Transaction } = load('./libs/persistence/index.js');

/**
 * Measures the queries on outbox and ledger, with a backlog and an increasingly long history: each query through the
 * class that the worker uses, in a transaction that is rolled back. Published and completed rows must not be read.
 *
 * BENCH_EVENTS=100000,1000000 measures less. Fails if a query takes more than five times as long as with the shortest
 * history and more than 50 ms, or hits the statement timeout.
 */
const HISTORIES = (process.env.BENCH_EVENTS ?? '100000,1000000,10000000').split(',').map(Number);
const WAITING = Number(process.env.BENCH_WAITING ?? 80_000);
const ROUNDS = Number(process.env.BENCH_ROUNDS ?? 15);
const CHUNK = 500_000;
const FIRST_WAITING = 1_000_000_000;
const QUERY_CANCELED = '57014';
const GOAL = 5;
/** Below this, a ratio depends more on the machine than on the query. */
const NEGLIGIBLE_MS = 50;

type Walk = (outbox: OutboxType, deliveries: DeliveriesType) => Promise<unknown>;

const NOBODY = [{ subscriber: 'bench.nobody', type: 'bench.happened', version: 1 }];
const LAST = { eventId: eventId(FIRST_WAITING + WAITING - 1_000), subscriber: '' };

const WALKS: Record<string, Walk> = {
  'relay: the oldest 200 unpublished': (outbox) => outbox.takeUnpublished(200),
  'metrics: how much is unpublished': (outbox) => outbox.lag(),
  'metrics: how much is open': (_, deliveries) => deliveries.counts(),
  'prune: nothing is old enough': (outbox) => outbox.prune(7, 5_000),
  'redrive: the first 1,000 pending': (_, deliveries) => deliveries.pending(undefined, 1_000),
  'redrive: the last 1,000 pending': (_, deliveries) => deliveries.pending(LAST, 1_000),
  'redrive: the dead (none)': (_, deliveries) => deliveries.dead(undefined, 1_000),
  'sweep: the first 1,000 overdue': (_, deliveries) => deliveries.takeOverdue(60_000, 1_000),
  'sweep: the parked (none)': (_, deliveries) => deliveries.unpark(NOBODY, 1_000),
};

async function main(): Promise<void> {
  await runNode('dist/migrations/migrate.js', [], { quiet: true });
  const client = new Client({ connectionString: process.env.DATABASE_URL });
  await client.connect();
  await client.query('SET synchronous_commit = off');
  await insert(client, FIRST_WAITING, FIRST_WAITING + WAITING, 'waiting');
  const times = new Map<string, number[]>();
  let history = 0;
  for (const size of HISTORIES) {
    const began = performance.now();
    for (; history < size; history += CHUNK) {
      await insert(client, history + 1, Math.min(history + CHUNK, size) + 1, 'published');
    }
    history = size;
    await client.query('VACUUM (ANALYZE) messaging.outbox, messaging.event_delivery');
    console.log(`${size} events made in ${((performance.now() - began) / 1_000).toFixed(0)} s`);
    for (const [walk, ms] of await measure()) times.set(walk, [...(times.get(walk) ?? []), ms]);
  }
  await client.end();
  report(times);
}

/** Ids are in time order, like those of the apps; events rotate through 64 shards, a subject has 100 events. */
async function insert(client: Client, from: number, to: number, as: 'published' | 'waiting'): Promise<void> {
  const values = [from, to - 1, as === 'published'];
  await client.query(
    `INSERT INTO messaging.outbox (id, event_id, type, version, subject, sequence, shard, data, occurred_at, published_at)
     OVERRIDING SYSTEM VALUE
     SELECT n, ${EVENT_ID}, 'bench.happened', 1, ${SUBJECT}, n / 64 % 100, n % 64,
            jsonb_build_object('number', n, 'text', 'what has happened'), now() - interval '6 days',
            CASE WHEN $3 THEN now() - interval '6 days' END
     FROM generate_series($1::bigint, $2::bigint) AS n`,
    values,
  );
  await client.query(
    `INSERT INTO messaging.event_delivery (event_id, subscriber, queue, subject, sequence, ordered, state, due_at, finished_at)
     SELECT ${EVENT_ID}, 'bench.react', 'projections', ${SUBJECT}, n / 64 % 100, false,
            CASE WHEN $3 THEN 'done' ELSE 'pending' END, now() - interval '6 days', CASE WHEN $3 THEN now() END
     FROM generate_series($1::bigint, $2::bigint) AS n`,
    values,
  );
}

const EVENT_ID = `('01900000-0000-7000-8000-' || lpad(to_hex(n), 12, '0'))::uuid`;
const SUBJECT = `('01900000-0000-7000-9000-' || lpad(to_hex(n / 6400), 10, '0') || lpad(to_hex(n % 64), 2, '0'))::uuid`;

function eventId(number: number): string {
  return `01900000-0000-7000-8000-${number.toString(16).padStart(12, '0')}`;
}

/** @returns the median of each query in ms, Infinity if it timed out; on fresh connections. */
async function measure(): Promise<Map<string, number>> {
  process.env.DATABASE_POOL_SIZE = '1';
  const surroundings = [HealthChecks, { provide: RelayHint, useValue: { send: () => undefined } }];
  const app = await NestFactory.createApplicationContext(
    {
      module: class Bench {},
      imports: [
        { module: class Surroundings {}, global: true, providers: surroundings, exports: surroundings },
        PersistenceModule.forRoot([], 'rookery-bench'),
      ],
    },
    { logger: ['error'] },
  );
  const [outbox, deliveries, transaction] = [Outbox, Deliveries, Transaction].map((type) => app.get(type));
  const medians = new Map<string, number>();
  for (const [name, walk] of Object.entries(WALKS)) {
    const times: number[] = [];
    while (times.length < ROUNDS && times.at(-1) !== Infinity) {
      times.push(await time(transaction, () => walk(outbox, deliveries)));
    }
    medians.set(name, times.at(-1) === Infinity ? Infinity : median(times));
  }
  await app.close();
  return medians;
}

class Undone extends Error {}

async function time(
  transaction: { run(work: () => Promise<void>): Promise<void> },
  work: () => Promise<unknown>,
): Promise<number> {
  let took = Infinity;
  const running = transaction.run(async () => {
    const began = performance.now();
    await work();
    took = performance.now() - began;
    throw new Undone();
  });
  await running.catch((error: unknown) => {
    if (!(error instanceof Undone) && (error as { code?: string }).code !== QUERY_CANCELED) throw error;
  });
  return took;
}

function report(times: ReadonlyMap<string, number[]>): void {
  console.log(
    `\n${WAITING} events wait behind so many published ones; relative to the shortest history, medians of ${ROUNDS}:\n`,
  );
  printRow(['walk', ...HISTORIES.map(String), 'longest, ms']);
  printRow(['---', ...HISTORIES.map(() => '--:'), '--:']);
  const steep: string[] = [];
  for (const [walk, medians] of times) {
    const ratios = medians.map((each) => each / medians[0]!);
    medians.forEach((ms, index) => {
      if (ms === Infinity || (ms > NEGLIGIBLE_MS && ratios[index]! > GOAL))
        steep.push(`${walk}, ${HISTORIES[index]}`);
    });
    const text = (ratio: number) => (Number.isFinite(ratio) ? ratio.toFixed(2) : 'timed out');
    printRow([walk, ...ratios.map(text), medians.at(-1)!.toFixed(1)]);
  }
  if (steep.length === 0) console.log(`\n✓ no query takes more than ${GOAL} times as long`);
  else console.log(`\n✗ slower with a longer history:\n  ${steep.join('\n  ')}`);
  if (steep.length > 0) process.exitCode = 1;
}

await main();
