import { RedisConnections } from '@rookery/redis';
import { type EventOf, defineEvent, newId } from '@rookery/domain';
import { Outbox, Sql, Transaction } from '@rookery/persistence';
import { eventually } from '@rookery/testing';
import { contextOf } from '@rookery/testing/context';
import { ownSystem } from '@rookery/testing/own-system';
import { z } from 'zod';
import { type Attempt, defineQueue, Dispatch, failedQueue, type Handles, Reject, Subscriber } from '.';

const queue = defineQueue('suite-loss', {
  class: 'default',
  attempts: 5,
  backoff: { base: 20, factor: 2, cap: 200 },
  timeout: 5_000,
  effect: 'database',
});

const Sown = defineEvent('suite.seed-sown', 1, z.object({}));

/** What is done besides the effect, by subject. */
const reactions = new Map<string, (attempt: Attempt) => Promise<void> | void>();

@Subscriber('suite.water', Sown, { queue })
class Water implements Handles<typeof Sown> {
  constructor(private readonly sql: Sql) {}

  async handle({ id, subject }: EventOf<typeof Sown>, attempt: Attempt): Promise<void> {
    await this.sql.execute('INSERT INTO suite.watered (event_id) VALUES ($1)', [id]);
    await reactions.get(subject)?.(attempt);
  }
}

describe('When Redis', () => {
  const suite = contextOf('suite', { subscribers: [Water] });
  const system = ownSystem([suite], { QUEUE_CONCURRENCY_DEFAULT: '10' });
  beforeAll(async () => {
    await system.sql('CREATE SCHEMA suite');
    await system.sql('CREATE TABLE suite.watered (event_id uuid NOT NULL)');
  });
  afterEach(async () => {
    reactions.clear();
    await system.sql('TRUNCATE messaging.outbox CASCADE');
    await system.sql('TRUNCATE suite.watered');
  });

  async function sow(subjects: string[]): Promise<void> {
    const raised = subjects.map((subject) => ({ definition: Sown, subject, sequence: 1, data: {} }));
    await system.inApi(Transaction).run(() => system.inApi(Outbox).append(raised));
  }

  const flush = () => system.inApi(RedisConnections).shared.flushall();

  async function inState(state: string): Promise<number> {
    const rows = await system.sql('SELECT 1 FROM messaging.event_delivery WHERE state = $1', [state]);
    return rows.length;
  }

  async function watered(): Promise<{ times: number; seeds: number }> {
    const [row] = await system.sql<{ times: number; seeds: number }>(
      'SELECT count(*)::int AS times, count(DISTINCT event_id)::int AS seeds FROM suite.watered',
    );
    return row!;
  }

  it('is flushed again and again while deliveries are under way, each is done once all the same', async () => {
    const subjects = Array.from({ length: 600 }, newId);
    const flushes = [0, 150, 300].map((before) => ({ before, ...Promise.withResolvers<void>() }));
    let begun = 0;
    const holdUntilFlushed = async (): Promise<void> => {
      begun += 1;
      await Promise.all(flushes.filter(({ before }) => begun > before).map(({ promise }) => promise));
    };
    for (const subject of subjects) reactions.set(subject, holdUntilFlushed);
    await sow(subjects);
    for (const { before, resolve } of flushes) {
      await eventually(() => begun > before);
      await flush();
      resolve();
    }
    await eventually(async () => (await inState('done')) === 600, 160_000);
    expect(await watered()).toEqual({ times: 600, seeds: 600 });
  }, 240_000);

  it('is flushed between two attempts, the attempts are counted on', async () => {
    const subject = newId();
    const attempts: number[] = [];
    reactions.set(subject, async ({ number }) => {
      attempts.push(number);
      if (number === 2) await flush();
      if (number < 4) throw new Error('dry');
    });
    await sow([subject]);
    await eventually(async () => (await inState('done')) === 1);
    expect(attempts).toEqual([1, 2, 3, 4]);
  });

  it('is flushed, the failed queue is restored from the ledger', async () => {
    const subject = newId();
    reactions.set(subject, () => {
      throw new Reject('concrete');
    });
    await sow([subject]);
    const failed = system
      .inApi(Dispatch)
      .all()
      .find(({ name }) => name === failedQueue(queue.name))!;
    const shown = async () =>
      (await failed.getJobs()).filter(({ data }) => data.reason === 'concrete').length === 1;
    await eventually(shown);
    await flush();
    await eventually(shown);
  });

  it('is down, changes still succeed, and are delivered when it is back, even if it is empty', async () => {
    await system.killRedis();
    await sow([newId(), newId(), newId()]);
    expect(await inState('pending')).toBe(3);
    await eventually(async () => {
      const { body } = await system.worker.inject({ url: '/metrics' });
      expect(body).toMatch(/^rookery_outbox_unpublished_events 3$/m);
      expect(body).toMatch(/^rookery_outbox_oldest_seconds (?:0\.\d+|[1-9])/m);
      expect(body).toMatch(/^rookery_deliveries_open\{queue="suite-loss",state="pending"\} 3$/m);
      expect(body).toMatch(/^rookery_deliveries_open\{queue="mail",state="dead"\} 0$/m);
    });
    await system.startRedisEmpty();
    await eventually(async () => (await inState('done')) === 3);
    expect(await watered()).toEqual({ times: 3, seeds: 3 });
  });

  // BullMQ's own close would not return, and Consumer stops waiting for it after 20 s.
  it('is down, a worker still shuts down by itself', async () => {
    const worker = await system.startWorker();
    await system.killRedis();
    const began = performance.now();
    await worker.close();
    expect(performance.now() - began).toBeLessThan(20_000);
    await system.startRedisEmpty();
    await sow([newId()]);
    await eventually(async () => (await inState('done')) === 1);
  });
});
