import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { Client } from 'pg';
import { runNode } from '../tools/support/commands.mts';
import { Child, type Moment } from './child.mts';
import { median } from './figures.mts';

/**
 * Compares commit -> handler through outbox, queue and ledger with add -> handler through BullMQ alone: same machine,
 * same run, alternating. Each side has one writer and one worker process: on a small machine a second worker would
 * share the processor with the first, and hide the cost of an event.
 */
const ROUNDS = Number(process.env.BENCH_ROUNDS ?? 3);
const DRAIN = Number(process.env.BENCH_DRAIN ?? 10_000);
const RATES = [
  { perSecond: 200, count: 1_000 },
  { perSecond: 1_000, count: 3_000 },
];
/** Concurrent jobs on both sides. */
const ENVIRONMENT = {
  LOG_LEVEL: 'warn',
  WORKER_PORT: '0',
  QUEUE_CONCURRENCY_CRITICAL: '20',
  DATABASE_POOL_SIZE: '30',
};
const GOALS = { medianMs: 3, p99Ms: 12, ratio: 0.4 };

const SIDES = { raw: './raw-queue.mts', spine: './spine.mts' };
type Side = keyof typeof SIDES;

interface Figures {
  p50: number;
  p99: number;
}

async function main(): Promise<void> {
  await runNode('dist/migrations/migrate.js', [], { quiet: true });
  await createProbeTables();
  const latencies: Record<string, Record<Side, Figures[]>> = {};
  const drains: Record<Side, number[]> = { raw: [], spine: [] };
  for (let round = 1; round <= ROUNDS; round += 1) {
    for (const side of ['raw', 'spine'] as const) {
      const writer = await new Child(SIDES[side], ['writer'], ENVIRONMENT).ready();
      const worker = await new Child(SIDES[side], ['worker'], ENVIRONMENT).ready();
      await latency(writer, worker, 300, 300); // warms up
      for (const { perSecond, count } of RATES) {
        const figures = await latency(writer, worker, count, perSecond);
        ((latencies[perSecond] ??= { raw: [], spine: [] })[side] ??= []).push(figures);
      }
      await worker.end();
      await writer.tell('fill', DRAIN);
      const drainer = new Child(SIDES[side], ['worker'], ENVIRONMENT);
      await drainer.ready();
      drains[side].push(rateOf(await drainer.tell('take', DRAIN)));
      await Promise.all([drainer.end(), writer.end()]);
    }
    console.log(`round ${round} of ${ROUNDS}`);
  }
  print(latencies, drains);
}

async function latency(writer: Child, worker: Child, count: number, perSecond: number): Promise<Figures> {
  const handled = worker.tell('take', count);
  const sent = new Map(await writer.tell('send', count, perSecond));
  const times = (await handled).map(([id, at]) => at - sent.get(id)!).sort((a, b) => a - b);
  return { p50: times[Math.floor(times.length / 2)]!, p99: times[Math.floor(times.length * 0.99)]! };
}

/** Per second, after the warm-up (the first fifth). */
function rateOf(moments: Moment[]): number {
  const first = Math.floor(moments.length / 5);
  const tookMs = moments.at(-1)![1] - moments[first]![1];
  return ((moments.length - 1 - first) / tookMs) * 1_000;
}

async function createProbeTables(): Promise<void> {
  const client = new Client({ connectionString: process.env.DATABASE_URL });
  await client.connect();
  await client.query('DROP SCHEMA IF EXISTS probe CASCADE');
  await client.query(readFileSync(resolve('test/probe/schema.sql'), 'utf8'));
  await client.end();
}

function print(latencies: Record<string, Record<Side, Figures[]>>, drains: Record<Side, number[]>): void {
  const rows: Record<string, Record<string, string>> = {};
  for (const { perSecond } of RATES) {
    for (const figure of ['p50', 'p99'] as const) {
      const [raw, spine] = (['raw', 'spine'] as const).map((side) =>
        median(latencies[perSecond]![side].map((each) => each[figure])),
      );
      rows[`${figure} at ${perSecond}/s`] = {
        'BullMQ alone': `${raw!.toFixed(2)} ms`,
        'event spine': `${spine!.toFixed(2)} ms`,
      };
    }
  }
  const [raw, spine] = [median(drains.raw), median(drains.spine)];
  const ratio = spine / raw;
  rows['drained per second'] = {
    'BullMQ alone': raw.toFixed(0),
    'event spine': `${spine.toFixed(0)} (${ratio.toFixed(2)})`,
  };
  console.table(rows);
  const slow = latencies[RATES[0]!.perSecond]!.spine;
  const goals: [string, boolean][] = [
    [`median <= ${GOALS.medianMs} ms at 200/s`, median(slow.map(({ p50 }) => p50)) <= GOALS.medianMs],
    [`p99 <= ${GOALS.p99Ms} ms at 200/s`, median(slow.map(({ p99 }) => p99)) <= GOALS.p99Ms],
    [`throughput >= ${GOALS.ratio} of BullMQ alone`, ratio >= GOALS.ratio],
  ];
  for (const [goal, met] of goals) console.log(`${met ? '✓' : '✗'} ${goal}`);
}

await main();
