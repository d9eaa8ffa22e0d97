import { contexts } from '@rookery/contexts';
import { enroll } from '@rookery/contexts/identity/testing';
import { defineEvent, type EventOf, newId } from '@rookery/domain';
import { DeadDeliveries, defineQueue, type Handles, Reject, Subscriber } from '@rookery/messaging';
import { Sql } from '@rookery/persistence';
import { eventually, type Person } from '@rookery/testing';
import { contextOf } from '@rookery/testing/context';
import { ownSystem } from '@rookery/testing/own-system';
import { z } from 'zod';

const queue = defineQueue('suite-redriven', {
  class: 'critical',
  attempts: 2,
  backoff: { base: 5, factor: 2, cap: 20 },
  timeout: 20_000,
  effect: 'database',
});
const Baked = defineEvent('redriving.baked', 1, z.object({}));

const burnt = new Set<string>();

@Subscriber('redriving.sell', Baked, { queue, formerly: ['redriving.give-away'] })
class Sell implements Handles<typeof Baked> {
  constructor(private readonly sql: Sql) {}

  async handle({ id, subject }: EventOf<typeof Baked>): Promise<void> {
    if (burnt.has(subject)) throw new Reject('It is burnt.');
    await this.sql.execute('INSERT INTO redriving.sold (event_id) VALUES ($1)', [id]);
  }
}

@Subscriber('redriving.eat', Baked, { queue })
class Eat implements Handles<typeof Baked> {
  async handle(): Promise<void> {}
}

describe('redriving a queue', () => {
  const planted = contextOf('redriving', { subscribers: [Sell, Eat] });
  const system = ownSystem([...contexts, planted], { QUEUE_CONCURRENCY_CRITICAL: '20' });
  let operator: Person;

  beforeAll(async () => {
    operator = await enroll(system, { role: 'admin' });
    await system.sql('CREATE SCHEMA redriving');
    await system.sql('CREATE TABLE redriving.sold (event_id uuid NOT NULL)');
  });
  beforeEach(async () => {
    burnt.clear();
    await system.sql(`DELETE FROM messaging.outbox WHERE type = 'redriving.baked'`);
    await system.sql('TRUNCATE redriving.sold');
  });

  /** Dead deliveries of a subscriber, one for each of some new subjects. */
  async function dead(
    deliveries: number,
    subscriber = 'redriving.sell',
    of: string = queue.name,
  ): Promise<string[]> {
    const ids = Array.from({ length: deliveries }, newId);
    await system.sql(
      `INSERT INTO messaging.outbox (event_id, type, version, subject, sequence, shard, data, occurred_at, published_at)
       SELECT id, 'redriving.baked', 1, id, 1, 0, '{}', now(), now() FROM unnest($1::uuid[]) AS id`,
      [ids],
    );
    await system.sql(
      `INSERT INTO messaging.event_delivery (event_id, subscriber, queue, subject, sequence, ordered, state, attempts,
                                             last_error, finished_at)
       SELECT id, $2, $3, id, 1, false, 'dead', 2, 'It failed.', now() - interval '1 minute'
       FROM unnest($1::uuid[]) AS id`,
      [ids, subscriber, of],
    );
    return ids;
  }

  const redrive = (body: object = {}, name = queue.name) =>
    system.ask(`POST /v1/admin/queues/${name}/redrive`, { token: operator.token, body });

  async function count(state: string, subscriber = '%'): Promise<number> {
    const [row] = await system.sql<{ count: number }>(
      `SELECT count(*)::int AS count FROM messaging.event_delivery
       WHERE queue = $1 AND state = $2 AND subscriber LIKE $3`,
      [queue.name, state, subscriber],
    );
    return row!.count;
  }

  async function sold(): Promise<{ times: number; events: number }> {
    const [row] = await system.sql<{ times: number; events: number }>(
      'SELECT count(*)::int AS times, count(DISTINCT event_id)::int AS events FROM redriving.sold',
    );
    return row!;
  }

  it('retries all failed deliveries, 500 a second', async () => {
    await dead(1_200);
    const { status, body } = await redrive();
    expect([status, body]).toEqual([
      202,
      { id: expect.any(String), queue: queue.name, subscriber: null, deliveries: 1_200 },
    ]);
    await eventually(async () => (await count('done')) === 1_200);
    expect(await sold()).toEqual({ times: 1_200, events: 1_200 });
    const batches = await system.sql<{ size: number; isFast: boolean | null }>(
      `SELECT count(*)::int AS size, due_at - lag(due_at) OVER (ORDER BY due_at) < interval '0.5 seconds' AS "isFast"
       FROM messaging.event_delivery WHERE queue = $1 GROUP BY due_at ORDER BY due_at`,
      [queue.name],
    );
    expect(batches).toEqual([
      { size: 500, isFast: null },
      { size: 500, isFast: false },
      { size: 200, isFast: false },
    ]);
  });

  it('retries those of one subscriber and its previous names', async () => {
    await dead(2);
    await dead(1, 'redriving.give-away');
    await dead(3, 'redriving.eat');
    const { body } = await redrive({ subscriber: 'redriving.sell' });
    expect(body).toMatchObject({ subscriber: 'redriving.sell', deliveries: 3 });
    await eventually(async () => (await count('done')) === 3);
    expect(await count('dead', 'redriving.eat')).toBe(3);
  });

  it('retries those that stayed on the queue when their subscriber moved to another', async () => {
    await dead(2, 'redriving.sell', 'mail');
    const { status, body } = await redrive({ subscriber: 'redriving.sell' }, 'mail');
    expect([status, body]).toMatchObject([202, { deliveries: 2 }]);
    await eventually(async () => (await sold()).events === 2);
    expect((await redrive({ subscriber: 'redriving.sell' }, 'mail')).body).toMatchObject({ deliveries: 0 });
  });

  it('accepts a subscriber that does not exist any more, while deliveries of it are dead', async () => {
    await dead(1, 'redriving.lend');
    expect((await redrive({ subscriber: 'redriving.lend' })).body).toMatchObject({ deliveries: 1 });
    await eventually(async () => (await count('parked', 'redriving.lend')) === 1);
    expect((await redrive({ subscriber: 'redriving.lend' })).status).toBe(422);
  });

  it('and the other decisions about a queue are possible while something of a removed queue is stored', async () => {
    const ask = (route: string) => system.ask(route, { token: operator.token });
    const removed = '/v1/admin/queues/suite-removed';
    expect((await ask(`GET ${removed}/failed`)).status).toBe(404);
    const ids = await dead(2, 'redriving.sell', 'suite-removed');
    const { status, body } = await ask(`GET ${removed}/failed`);
    expect([status, body.data.length]).toEqual([200, 2]);
    const [first, second] = ids.map((id) => `${id}-redriving.sell`);
    expect((await ask(`POST ${removed}/failed/${first}/discard`)).status).toBe(200);
    expect((await ask(`POST ${removed}/failed/${second}/retry`)).status).toBe(202);
    await system.sql(
      `UPDATE messaging.event_delivery SET state = 'dead', finished_at = now() WHERE event_id = $1`,
      [ids[1]],
    );
    expect((await redrive({}, 'suite-removed')).body).toMatchObject({ deliveries: 1 });
    const stateOf = () =>
      system.sql('SELECT state FROM messaging.event_delivery WHERE event_id = $1', [ids[1]]);
    await eventually(async () => expect(await stateOf()).toEqual([{ state: 'pending' }]));
    // What workers do next is possible, too.
    await dead(1);
    await redrive();
    await eventually(async () => (await sold()).events === 1);

    await system.sql(`DELETE FROM messaging.outbox WHERE type = 'redriving.baked'`);
    expect((await ask(`POST ${removed}/resume`)).status).toBe(404);
    await system.sql(`INSERT INTO messaging.paused_queues (queue) VALUES ('suite-removed')`);
    expect((await ask(`POST ${removed}/resume`)).status).toBe(202);
    expect((await ask(`POST ${removed}/resume`)).status).toBe(404);
  });

  it('leaves deliveries that fail again', async () => {
    const [id] = await dead(1);
    burnt.add(id!);
    await redrive();
    await eventually(async () => {
      const rows = await system.sql<{ attempts: number; reason: string }>(
        'SELECT attempts, last_error AS reason FROM messaging.event_delivery WHERE event_id = $1 AND state = $2',
        [id, 'dead'],
      );
      return rows[0]?.reason === 'It is burnt.' && rows[0].attempts === 1;
    });
    expect(await sold()).toEqual({ times: 0, events: 0 });
  });

  it('goes on after workers and Redis are killed in the middle, without a loss and without a second effect', async () => {
    await dead(1_700);
    const worker = await system.startWorker();
    await redrive();
    await eventually(async () => (await count('dead')) <= 1_200);
    // Its connections end while it works: as if it was killed, it can neither commit nor clean up.
    await system.sql(
      `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
       WHERE datname = current_database() AND application_name = 'rookery-worker'`,
    );
    await system.killRedis();
    await worker.close();
    await system.startRedisEmpty();
    await eventually(async () => (await count('done')) === 1_700, 200_000);
    expect(await sold()).toEqual({ times: 1_700, events: 1_700 });
  }, 240_000);

  it('waits for Redis, so that the rate holds when it is back', async () => {
    await dead(3);
    await system.killRedis();
    await eventually(async () => (await redrive()).status === 202);
    // Another program works off the same request, and stops because Redis is down.
    expect(await system.inApi(DeadDeliveries).redrive(queue.name)).toEqual({ redriven: 0, finished: false });
    expect(await count('dead')).toBe(3);
    await system.startRedisEmpty();
    await eventually(async () => (await count('done')) === 3);
  });

  it('returns errors that name the field', async () => {
    expect((await redrive({}, 'nowhere')).body).toMatchObject({ code: 'resource.not-found' });
    expect((await redrive({ subscriber: 'nobody.at-all' })).body).toMatchObject({
      status: 422,
      code: 'operations.subscriber-unknown',
      errors: [{ path: 'subscriber', code: 'one-of' }],
    });
    // Nothing of it has failed here, but a subscriber that exists can have been on this queue.
    expect((await redrive({ subscriber: 'identity.send-welcome-mail' })).body).toMatchObject({
      deliveries: 0,
    });
  });
});
