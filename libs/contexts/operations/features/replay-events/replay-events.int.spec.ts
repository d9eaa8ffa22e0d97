import { contexts } from '@rookery/contexts';
import { enroll } from '@rookery/contexts/identity/testing';
import { defineEvent, type EventOf, newId, type RaisedEvent } from '@rookery/domain';
import { defineQueue, type Handles, Replays, Subscriber, Subscribers } from '@rookery/messaging';
import { Outbox, Sql, Transaction } from '@rookery/persistence';
import { RedisConnections } from '@rookery/redis';
import { eventually, type Person } from '@rookery/testing';
import { contextOf } from '@rookery/testing/context';
import { ownSystem } from '@rookery/testing/own-system';
import { z } from 'zod';

const queue = defineQueue('suite-replayed', {
  class: 'critical',
  attempts: 2,
  backoff: { base: 5, factor: 2, cap: 20 },
  timeout: 20_000,
  effect: 'database',
});
const Sung = defineEvent('replaying.sung', 1, z.object({ loud: z.boolean() }));
const Hummed = defineEvent('replaying.hummed', 1, z.object({}));
const Spoken = defineEvent('replaying.spoken', 1, z.object({}));

@Subscriber('replaying.listen', [Sung, Hummed], { queue, formerly: ['replaying.eavesdrop'] })
class Listen implements Handles<typeof Sung | typeof Hummed> {
  constructor(private readonly sql: Sql) {}

  async handle({ id }: EventOf<typeof Sung | typeof Hummed>): Promise<void> {
    await this.sql.execute('INSERT INTO replaying.heard (event_id) VALUES ($1)', [id]);
  }
}

@Subscriber('replaying.complain', Sung, {
  queue,
  interest: ({ data }) => [(data as { loud: boolean }).loud ? 'loud' : 'quiet'],
})
class Complain implements Handles<typeof Sung> {
  async handle(): Promise<void> {}
}

@Subscriber('replaying.transcribe', Spoken, { queue, ordered: true, formerly: ['replaying.write-down'] })
class Transcribe implements Handles<typeof Spoken> {
  constructor(private readonly sql: Sql) {}

  async handle({ id }: EventOf<typeof Spoken>): Promise<void> {
    await this.sql.execute('INSERT INTO replaying.heard (event_id) VALUES ($1)', [id]);
  }
}

describe('replaying events', () => {
  const planted = contextOf('replaying', { subscribers: [Listen, Complain, Transcribe] });
  const system = ownSystem([...contexts, planted], { QUEUE_CONCURRENCY_CRITICAL: '20' });
  let operator: Person;
  const period = () => ({
    since: new Date(Date.now() - 3_600_000).toISOString(),
    until: new Date(Date.now() + 3_600_000).toISOString(),
  });

  beforeAll(async () => {
    operator = await enroll(system, { role: 'admin' });
    await system.sql('CREATE SCHEMA replaying');
    await system.sql('CREATE TABLE replaying.heard (event_id uuid NOT NULL)');
    await system.sql(
      `INSERT INTO messaging.interests (subscriber, key, holder) VALUES ('replaying.complain', 'loud', $1)`,
      [newId()],
    );
  });
  beforeEach(async () => {
    await system.sql(`DELETE FROM messaging.outbox WHERE type LIKE 'replaying.%'`);
    await system.sql('TRUNCATE replaying.heard');
  });

  /** Published events without deliveries, as if the subscribers were added later. */
  async function sung(
    count: number,
    type: typeof Sung | typeof Hummed = Sung,
    data: object = { loud: true },
  ) {
    const raised = Array.from({ length: count }, () => ({
      definition: type,
      subject: newId(),
      sequence: 1,
      data,
    }));
    return store(raised);
  }

  /** The first two events of a subject, published without deliveries. */
  async function spoken(): Promise<[string, string]> {
    const subject = newId();
    const raised = [1, 2].map((sequence) => ({ definition: Spoken, subject, sequence, data: {} }));
    return (await store(raised)) as [string, string];
  }

  async function store(raised: readonly RaisedEvent[]): Promise<string[]> {
    await system.inApi(Transaction).run(async () => {
      await system.inApi(Outbox).append(raised);
      await system
        .inApi(Sql)
        .execute(
          `DELETE FROM messaging.event_delivery WHERE subscriber LIKE 'replaying.%' AND subject = ANY ($1)`,
          [raised.map(({ subject }) => subject)],
        );
    });
    // Otherwise the relay would queue the deliveries that a test stores for them.
    await eventually(async () => {
      const unpublished = await system.sql('SELECT 1 FROM messaging.outbox WHERE published_at IS NULL');
      return unpublished.length === 0;
    });
    const rows = await system.sql<{ id: string }>(
      'SELECT event_id AS id FROM messaging.outbox WHERE subject = ANY ($1) ORDER BY id',
      [raised.map(({ subject }) => subject)],
    );
    return rows.map(({ id }) => id);
  }

  const replay = (body: object) =>
    system.ask('POST /v1/admin/outbox/replay', { token: operator.token, body: { ...period(), ...body } });
  const isFinished = (id: string) =>
    eventually(async () => {
      const found = await system.sql(
        'SELECT 1 FROM messaging.replays WHERE id = $1 AND finished_at IS NOT NULL',
        [id],
      );
      return found.length === 1;
    });
  /** Resolves when nothing is left that can run, so that what must not happen would have happened. */
  const settled = () =>
    eventually(async () => {
      const open = await system.sql(
        `SELECT 1 FROM messaging.event_delivery
         WHERE queue = $1 AND state = 'pending' AND due_at < now() + interval '1 hour'`,
        [queue.name],
      );
      return open.length === 0;
    });
  const heard = async () =>
    (await system.sql<{ id: string }>('SELECT event_id AS id FROM replaying.heard ORDER BY 1')).map(
      ({ id }) => id,
    );
  const set = (
    id: string,
    state: string,
    { subscriber = 'replaying.listen', discarded = false, ordered = false } = {},
  ) =>
    system.sql(
      `INSERT INTO messaging.event_delivery (event_id, subscriber, queue, subject, sequence, ordered, state, due_at,
                                             discarded_at)
       SELECT event_id, $2, $3, subject, sequence, $6, $4, now() + interval '1 day', CASE WHEN $5 THEN now() END
       FROM messaging.outbox WHERE event_id = $1`,
      [id, subscriber, queue.name, state, discarded, ordered],
    );

  it('delivers events that the subscriber has never received, each once', async () => {
    const ids = await sung(3);
    const first = await replay({ subscriber: 'replaying.listen' });
    expect(first).toMatchObject({ status: 202, body: { subscriber: 'replaying.listen', type: null } });
    await isFinished(first.body.id);
    const again = await replay({ subscriber: 'replaying.listen' });
    await isFinished(again.body.id);
    await settled();
    expect(await heard()).toEqual(ids.toSorted((a, b) => (a < b ? -1 : 1)));
  });

  it('delivers discarded ones, and leaves those that are done, pending or dead', async () => {
    const [discarded, done, pending, dead, old] = (await sung(5)) as [string, string, string, string, string];
    await set(discarded, 'done', { discarded: true });
    await set(done, 'done');
    await set(pending, 'pending');
    await set(dead, 'dead');
    await set(old, 'done', { subscriber: 'replaying.eavesdrop' });
    const { body } = await replay({ subscriber: 'replaying.listen' });
    await isFinished(body.id);
    await settled();
    expect(await heard()).toEqual([discarded]);
    const states = await system.sql<{ id: string; state: string }>(
      `SELECT event_id AS id, state FROM messaging.event_delivery WHERE event_id = ANY ($1) ORDER BY event_id`,
      [[done, pending, dead, old]],
    );
    expect(states.map(({ state }) => state)).toEqual(['done', 'pending', 'dead', 'done']);
  });

  it('delivers nothing to an ordered subscriber that has handled a later event of the subject', async () => {
    const subscriber = 'replaying.transcribe';
    const [handled, renamed, open] = [await spoken(), await spoken(), await spoken()];
    for (const [first] of [handled, renamed, open])
      await set(first, 'done', { subscriber, ordered: true, discarded: true });
    await set(handled[1], 'done', { subscriber, ordered: true });
    await set(renamed[1], 'done', { subscriber: 'replaying.write-down', ordered: true });
    await set(open[1], 'done', { subscriber, ordered: true, discarded: true });
    await isFinished((await replay({ subscriber })).body.id);
    await settled();
    expect(await heard()).toEqual(open.toSorted((a, b) => (a < b ? -1 : 1)));
  });

  it('can be limited to a type and a period, and respects interests', async () => {
    const [hummed] = await sung(1, Hummed, {});
    await sung(1);
    const only = await replay({ subscriber: 'replaying.listen', type: 'replaying.hummed' });
    await isFinished(only.body.id);
    const before = { since: '2020-01-01T00:00:00Z', until: '2020-01-02T00:00:00Z' };
    await isFinished((await replay({ subscriber: 'replaying.listen', ...before })).body.id);
    await settled();
    expect(await heard()).toEqual([hummed]);
    await sung(1, Sung, { loud: false });
    await isFinished((await replay({ subscriber: 'replaying.complain' })).body.id);
    const complaints = await system.sql(
      `SELECT data FROM messaging.outbox JOIN messaging.event_delivery USING (event_id)
       WHERE subscriber = 'replaying.complain'`,
    );
    expect(complaints).toEqual([{ data: { loud: true } }]);
  });

  it('finds an event behind thousands of others', async () => {
    await system.sql(
      `INSERT INTO messaging.outbox (event_id, type, version, subject, sequence, shard, data, occurred_at, published_at)
       SELECT id, 'replaying.hummed', 1, id, 1, 0, '{}', now(), now() FROM unnest($1::uuid[]) AS id`,
      [Array.from({ length: 10_500 }, newId)],
    );
    const [last] = await sung(1);
    const { body } = await replay({ subscriber: 'replaying.listen', type: 'replaying.sung' });
    await isFinished(body.id);
    await settled();
    expect(await heard()).toEqual([last]);
  });

  it('goes on after Redis lost everything in the middle, and delivers each once', async () => {
    const ids = await sung(1_100);
    await replay({ subscriber: 'replaying.listen' });
    await eventually(async () => (await heard()).length > 0);
    await system.inApi(RedisConnections).shared.flushall();
    await eventually(async () => (await heard()).length >= 1_100, 120_000);
    await settled();
    expect(await heard()).toEqual(ids.toSorted((a, b) => (a < b ? -1 : 1)));
  }, 180_000);

  it('takes turns with other requests', async () => {
    await sung(1_100, Hummed, {});
    await sung(1);
    const known = system.inApi(Subscribers).get('replaying.listen')!;
    // Together, so that none begins before the other.
    const ids = await system
      .inApi(Transaction)
      .run(async () => [
        await system.inApi(Replays).request(known, { ...period(), type: Hummed.type }),
        await system.inApi(Replays).request(known, { ...period(), type: Sung.type }),
      ]);
    for (const id of ids) await isFinished(id);
    const finished = await system.sql(
      'SELECT type FROM messaging.replays WHERE id = ANY ($1) ORDER BY finished_at',
      [ids],
    );
    expect(finished).toEqual([{ type: Sung.type }, { type: Hummed.type }]);
  });

  it('does not hold up others if it fails, and ends when it has failed too often', async () => {
    await system.sql(
      `INSERT INTO messaging.outbox (event_id, type, version, subject, sequence, shard, data, occurred_at, published_at)
       VALUES ($1, 'replaying.sung', 1, $1, 1, 0, 'null', now(), now())`,
      [newId()],
    );
    const [hummed] = await sung(1, Hummed, {});
    const failing = await replay({ subscriber: 'replaying.complain' });
    const other = await replay({ subscriber: 'replaying.listen', type: Hummed.type });
    await isFinished(other.body.id);
    await settled();
    expect(await heard()).toEqual([hummed]);
    await system.sql('UPDATE messaging.replays SET failures = 19 WHERE id = $1 AND finished_at IS NULL', [
      failing.body.id,
    ]);
    await isFinished(failing.body.id);
    const ended = await system.sql('SELECT failures, error FROM messaging.replays WHERE id = $1', [
      failing.body.id,
    ]);
    expect(ended).toEqual([{ failures: 20, error: expect.stringContaining('properties of null') }]);
    await eventually(async () =>
      system.logged.some((line) => line.includes(`${failing.body.id} in messaging`)),
    );
  });

  it('returns errors that name field and rule', async () => {
    const subscriber = 'replaying.listen';
    for (const [body, path, code, rule] of [
      [{ subscriber: 'nobody.at-all' }, 'subscriber', 'operations.subscriber-unknown', 'one-of'],
      [{ subscriber, type: 'replaying.shouted' }, 'type', 'operations.type-not-handled', 'one-of'],
      [{ subscriber, until: '2020-01-01T00:00:00Z' }, 'until', 'operations.period-empty', 'range'],
      [{ subscriber, since: 'yesterday' }, 'since', 'request.invalid', 'format'],
    ] as const)
      expect((await replay(body)).body).toMatchObject({ code, errors: [{ path, code: rule }] });
  });
});
