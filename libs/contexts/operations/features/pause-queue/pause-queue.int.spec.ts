import { contexts } from '@rookery/contexts';
import { enroll } from '@rookery/contexts/identity/testing';
import { defineEvent, type EventOf, newId } from '@rookery/domain';
import { defineQueue, Dispatch, type Handles, Subscriber } from '@rookery/messaging';
import { Outbox, Transaction } from '@rookery/persistence';
import { RedisConnections } from '@rookery/redis';
import { eventually, type Person } from '@rookery/testing';
import { contextOf } from '@rookery/testing/context';
import { ownSystem } from '@rookery/testing/own-system';
import { z } from 'zod';

const queue = defineQueue('suite-paused', {
  class: 'default',
  attempts: 3,
  backoff: { base: 5, factor: 2, cap: 20 },
  timeout: 60_000,
  effect: 'database',
});
const Ticked = defineEvent('pausing.ticked', 1, z.object({}));

const handled: string[] = [];
/** Deliveries that end when their promise does. */
const slow = new Map<string, Promise<void>>();

@Subscriber('pausing.count-ticks', Ticked, { queue })
class CountTicks implements Handles<typeof Ticked> {
  async handle({ subject }: EventOf<typeof Ticked>): Promise<void> {
    handled.push(`${subject} begun`);
    await slow.get(subject);
    handled.push(subject);
  }
}

describe('pausing a queue', () => {
  const system = ownSystem([...contexts, contextOf('pausing', { subscribers: [CountTicks] })]);
  let operator: Person;

  beforeAll(async () => {
    operator = await enroll(system, { role: 'admin' });
  });

  const board = () =>
    system
      .inApi(Dispatch)
      .all()
      .find(({ name }) => name === queue.name)!;
  const ask = (verb: string, name = queue.name) =>
    system.ask(`POST /v1/admin/queues/${name}/${verb}`, { token: operator.token });
  const inRedis = (paused: boolean) => eventually(async () => (await board().isPaused()) === paused);
  const row = async () => {
    const { body } = await system.ask('GET /v1/admin/queues', { token: operator.token });
    return body.data.find(({ name }: { name: string }) => name === queue.name);
  };

  async function pause(): Promise<void> {
    expect((await ask('pause')).status).toBe(202);
    await inRedis(true);
  }

  async function resume(): Promise<void> {
    expect((await ask('resume')).status).toBe(202);
    await inRedis(false);
  }

  async function tick(): Promise<string> {
    const subject = newId();
    await system
      .inApi(Transaction)
      .run(() => system.inApi(Outbox).append([{ definition: Ticked, subject, sequence: 1, data: {} }]));
    return subject;
  }

  it('lets its jobs wait until it is resumed, while an active one finishes', async () => {
    const { promise, resolve } = Promise.withResolvers<void>();
    const subject = newId();
    slow.set(subject, promise);
    await system
      .inApi(Transaction)
      .run(() => system.inApi(Outbox).append([{ definition: Ticked, subject, sequence: 1, data: {} }]));
    await eventually(() => handled.includes(`${subject} begun`));
    await pause();
    const waiting = [await tick(), await tick()];
    await eventually(async () => expect(await row()).toMatchObject({ paused: true, waiting: 2, active: 1 }));
    resolve();
    await eventually(() => handled.includes(subject));
    await eventually(async () => expect(await row()).toMatchObject({ paused: true, waiting: 2, active: 0 }));
    expect(handled.filter((each) => waiting.includes(each))).toEqual([]);
    await resume();
    await eventually(() => waiting.every((each) => handled.includes(each)));
    expect(await row()).toMatchObject({ paused: false });
  });

  it('survives the loss of all data in Redis, with every delivery', async () => {
    await pause();
    const waiting = [await tick(), await tick(), await tick()];
    await eventually(async () => expect(await row()).toMatchObject({ waiting: 3 }));
    await system.inApi(RedisConnections).shared.flushall();
    await inRedis(true);
    await eventually(async () => expect(await row()).toMatchObject({ paused: true, waiting: 3 }));
    await system.killRedis();
    await system.startRedisEmpty();
    await eventually(async () => expect(await row()).toMatchObject({ paused: true, waiting: 3 }));
    await inRedis(true);
    expect(handled.filter((each) => waiting.includes(each))).toEqual([]);
    await resume();
    await eventually(() => waiting.every((each) => handled.includes(each)));
  });

  it('is recorded while Redis is down', async () => {
    await system.killRedis();
    await eventually(async () => (await ask('pause')).status === 202);
    await system.startRedisEmpty();
    await inRedis(true);
    await resume();
  });

  it('tells who paused it first, and can be repeated', async () => {
    const other = await enroll(system, { role: 'admin' });
    const first = await ask('pause');
    expect(first.body).toEqual({
      name: queue.name,
      paused: true,
      pausedAt: expect.any(String),
      pausedBy: operator.id,
    });
    const again = await system.ask(`POST /v1/admin/queues/${queue.name}/pause`, { token: other.token });
    expect(again.body).toEqual(first.body);
    for (let round = 0; round < 2; round += 1)
      expect((await ask('resume')).body).toEqual({
        name: queue.name,
        paused: false,
        pausedAt: null,
        pausedBy: null,
      });
    await inRedis(false);
    expect((await ask('pause', 'nowhere')).body).toMatchObject({ code: 'resource.not-found' });
  });

  it('has its backlog taken in several transactions after it is resumed, so that workers need not wait for all of it', async () => {
    await pause();
    const subjects = Array.from({ length: 1_500 }, newId);
    await system.sql(
      `WITH event AS (
         INSERT INTO messaging.outbox (event_id, type, version, subject, sequence, shard, data, occurred_at, published_at)
         SELECT id, 'pausing.ticked', 1, id, 1, 0, '{}', now(), now() FROM unnest($1::uuid[]) AS id RETURNING *
       )
       INSERT INTO messaging.event_delivery (event_id, subscriber, queue, subject, sequence, ordered, due_at)
       SELECT event_id, 'pausing.count-ticks', $2, subject, 1, false, now() - interval '1 hour' FROM event`,
      [subjects, queue.name],
    );
    await resume();
    const taken = async () =>
      system.sql<{ deliveries: number; done: number }>(
        // Deliveries that are due at the same instant were taken in one transaction.
        `SELECT count(*)::int AS deliveries, (count(*) FILTER (WHERE state = 'done'))::int AS done
         FROM messaging.event_delivery WHERE subject = ANY ($1) GROUP BY due_at`,
        [subjects],
      );
    await eventually(
      async () => (await taken()).reduce((sum, { done }) => sum + done, 0) === subjects.length,
    );
    for (const { deliveries } of await taken()) expect(deliveries).toBeLessThanOrEqual(1_000);
  });

  it('is a metric, and is not repaired by the sweep for late deliveries', async () => {
    await pause();
    const subject = await tick();
    await eventually(async () => expect(await row()).toMatchObject({ waiting: 1 }));
    await eventually(async () => {
      const { body } = await system.worker.inject({ url: '/metrics' });
      expect(body).toMatch(/^rookery_queue_paused\{queue="suite-paused"\} 1$/m);
      expect(body).toMatch(/^rookery_queue_paused\{queue="mail"\} 0$/m);
    });
    const age = `UPDATE messaging.event_delivery SET due_at = now() - interval '1 hour' WHERE subject = $1 RETURNING due_at::text`;
    const [late] = await system.sql(age, [subject]);
    // A second, later delivery of a queue that is not paused shows that the sweep has run in the meantime.
    const swept = await system.sql<{ id: string }>(
      `WITH event AS (
         INSERT INTO messaging.outbox (event_id, type, version, subject, sequence, shard, data, occurred_at, published_at)
         VALUES (gen_random_uuid(), 'suite.happened', 1, gen_random_uuid(), 1, 0, '{}', now(), now()) RETURNING *
       )
       INSERT INTO messaging.event_delivery (event_id, subscriber, queue, subject, sequence, ordered, due_at)
       SELECT event_id, 'suite.nobody', 'nowhere', subject, 1, false, now() - interval '1 hour' FROM event
       RETURNING event_id AS id`,
    );
    await eventually(async () => {
      const found = await system.sql(
        `SELECT 1 FROM messaging.event_delivery WHERE event_id = $1 AND due_at > now() - interval '30 minutes'`,
        [swept[0]!.id],
      );
      return found.length === 1;
    });
    const due = 'SELECT due_at::text FROM messaging.event_delivery WHERE subject = $1';
    expect(await system.sql(due, [subject])).toEqual([late]);
    await resume();
    await eventually(() => handled.includes(subject));
  });
});
