import type { EventEmitter } from 'node:events';
import { eventually } from '@rookery/testing';
import { ownSystem } from '@rookery/testing/own-system';
import type { PoolClient } from 'pg';
import { MAX_ROW_STREAMS, RowStreams } from './row-streams';

const LONG_MS = 60_000;
const NUMBERS = 'SELECT nr FROM generate_series(1, $1::int) nr';

describe('A row stream', () => {
  const system = ownSystem([]);
  const streams = () => system.inApi(RowStreams);
  const start = (rows: number, limitMs = LONG_MS) =>
    streams().start<{ nr: number }>(NUMBERS, [rows], 2, limitMs);
  const backends = async () =>
    (
      await system.sql<{ count: number }>(
        `SELECT count(*)::int AS count FROM pg_stat_activity
         WHERE datname = current_database() AND application_name = 'rookery-api-streams'`,
      )
    )[0]!.count;
  const noneLeft = () => eventually(async () => (await backends()) === 0);

  it.each([0, 1, 2, 3, 4, 5])('yields all of %s rows in batches, and keeps its connection', async (rows) => {
    const stream = await start(rows);
    const batches: number[][] = [];
    for await (const batch of stream.batches()) batches.push(batch.map(({ nr }) => nr));
    expect(batches.flat()).toEqual(Array.from({ length: rows }, (_, index) => index + 1));
    expect(Math.max(0, ...batches.map(({ length }) => length))).toBeLessThanOrEqual(2);
    expect(streams().pool).toMatchObject({ totalCount: 1, idleCount: 1 });
  });

  it('ends its statement when it is closed in the middle, or before', async () => {
    const unread = await start(1_000);
    const left = await start(1_000);
    for await (const _ of left.batches()) break;
    unread.close();
    await noneLeft();
    await expect(unread.batches().next()).resolves.toEqual({ done: true, value: undefined });
  });

  it('loses its connection after its time limit, and fails on the next read', async () => {
    const stream = await start(1_000, 2_000);
    const batches = stream.batches();
    expect((await batches.next()).value).toHaveLength(2);
    await noneLeft();
    await expect(batches.next()).rejects.toThrow('within 2000 ms');
  });

  it('fails with the error of PostgreSQL, and leaves no connection', async () => {
    const stream = await streams().start('SELECT 1 / (3 - nr) FROM generate_series(1, 9) nr', [], 2, LONG_MS);
    const read = async () => {
      for await (const _ of stream.batches());
    };
    await expect(read()).rejects.toThrow('division by zero');
    await noneLeft();
  });

  it('does not crash the process if its connection is terminated while it is taken from the pool', async () => {
    const unheard: unknown[] = [];
    streams().pool.once('acquire', (client: PoolClient & { connection: EventEmitter }) => {
      queueMicrotask(() => {
        try {
          client.connection.emit('errorMessage', Object.assign(new Error('terminated'), { code: '57P01' }));
        } catch (error) {
          unheard.push(error); // an 'error' event without a listener: an uncaught exception anywhere else
        }
      });
    });
    const stream = await start(3);
    stream.close();
    expect(unheard).toEqual([]);
  });

  it('cannot write', async () => {
    const stream = await streams().start('CREATE TABLE public.written ()', [], 2, LONG_MS);
    await expect(stream.batches().next()).rejects.toThrow('read-only transaction');
  });

  it('fails when its connection is lost', async () => {
    const stream = await start(1_000);
    const batches = stream.batches();
    await batches.next();
    await system.sql(
      `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'rookery-api-streams'
         AND datname = current_database()`,
    );
    await noneLeft();
    await expect(batches.next()).rejects.toThrow(/terminat/);
  });

  it('waits for no more than a few others', async () => {
    const running = await Promise.all(Array.from({ length: MAX_ROW_STREAMS }, () => start(1_000)));
    await expect(start(1)).rejects.toThrow('No connection to PostgreSQL was available.');
    const waiting = start(1);
    running[0]!.close();
    (await waiting).close();
    for (const stream of running) stream.close();
    await noneLeft();
  });
});
