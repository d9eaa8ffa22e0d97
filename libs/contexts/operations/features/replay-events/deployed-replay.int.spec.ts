import type { Type } from '@nestjs/common';
import { contexts } from '@rookery/contexts';
import { enroll } from '@rookery/contexts/identity/testing';
import { defineEvent, type EventEnvelope, newId } from '@rookery/domain';
import { type AnySubscriber, defineQueue, Subscriber } from '@rookery/messaging';
import { Sql } from '@rookery/persistence';
import { eventually, type Person } from '@rookery/testing';
import { contextOf } from '@rookery/testing/context';
import { ownSystem } from '@rookery/testing/own-system';
import { z } from 'zod';

const queue = defineQueue('suite-deployed-replay', {
  class: 'critical',
  attempts: 2,
  backoff: { base: 5, factor: 2, cap: 20 },
  timeout: 20_000,
  effect: 'database',
});
const Sown = defineEvent('deployed.sown', 1, z.object({}));
const Watered = defineEvent('deployed.watered', 1, z.object({}));

/** @returns a subscriber class of its own, because each build has a different one */
function build(...[name, events, options]: Parameters<typeof Subscriber>): Type<AnySubscriber> {
  class Note {
    constructor(private readonly sql: Sql) {}

    async handle({ id }: EventEnvelope): Promise<void> {
      await this.sql.execute('INSERT INTO deployed.noted (event_id, subscriber) VALUES ($1, $2)', [id, name]);
    }
  }
  Reflect.defineMetadata('design:paramtypes', [Sql], Note);
  Subscriber(name, events, options)(Note);
  return Note;
}

/** What one build has. */
function release(...subscribers: Type<AnySubscriber>[]) {
  return [...contexts, contextOf('deployed', { subscribers })];
}

describe('requests during a deployment', () => {
  const previous = release(
    build('deployed.weed', Sown, { queue }),
    build('deployed.mow', Sown, { queue }),
    build('deployed.rake', Sown, { queue }),
  );
  const next = release(
    build('deployed.weed', [Sown, Watered], { queue }),
    build('deployed.cut', Sown, { queue, formerly: ['deployed.mow'] }),
    build('deployed.harvest', Sown, { queue }),
    build('deployed.rake', Sown, { queue, formerly: ['deployed.sweep'] }),
  );
  const system = ownSystem(next);
  let operator: Person;
  let draining: Awaited<ReturnType<typeof system.startWorker>>;

  beforeAll(async () => {
    operator = await enroll(system, { role: 'admin' });
    await system.sql('CREATE SCHEMA deployed');
    await system.sql('CREATE TABLE deployed.noted (event_id uuid NOT NULL, subscriber text NOT NULL)');
    await system.worker.close();
    draining = await system.startWorker(previous);
  });

  /** A published event without deliveries. */
  async function stored({ type }: { type: string }): Promise<string> {
    const id = newId();
    await system.sql(
      `INSERT INTO messaging.outbox (event_id, type, version, subject, sequence, shard, data, occurred_at, published_at)
       VALUES ($1, $2, 1, $1, 1, 0, '{}', now(), now())`,
      [id, type],
    );
    return id;
  }

  /** A delivery of an event, due long from now. */
  const delivery = (id: string, subscriber: string, state: string) =>
    system.sql(
      `INSERT INTO messaging.event_delivery (event_id, subscriber, queue, subject, sequence, ordered, state, finished_at)
       VALUES ($1, $2, $3, $1, 1, false, $4, now() - interval '1 minute')`,
      [id, subscriber, queue.name, state],
    );

  const period = () => ({
    since: new Date(Date.now() - 3_600_000).toISOString(),
    until: new Date(Date.now() + 3_600_000).toISOString(),
  });
  async function replay(subscriber: string, type?: string): Promise<string> {
    const body = { ...period(), subscriber, type };
    const answer = await system.ask('POST /v1/admin/outbox/replay', { token: operator.token, body });
    expect(answer.status).toBe(202);
    return answer.body.id;
  }
  const finished = async (table: 'redrives' | 'replays') =>
    (await system.sql<{ id: string }>(`SELECT id FROM messaging.${table} WHERE finished_at IS NOT NULL`)).map(
      ({ id }) => id,
    );
  const noted = (id: string) =>
    system.sql<{ subscriber: string }>(
      'SELECT subscriber FROM deployed.noted WHERE event_id = $1 ORDER BY subscriber',
      [id],
    );

  it('are left to workers that know the subscriber, its previous names and its event types', async () => {
    const [sown, watered, swept] = [await stored(Sown), await stored(Watered), await stored(Sown)];
    await delivery(sown, 'deployed.cut', 'done');
    await delivery(swept, 'deployed.sweep', 'dead');
    const added = await replay('deployed.harvest');
    const moreTypes = await replay('deployed.weed');
    const newType = await replay('deployed.weed', Watered.type);
    const renamed = await replay('deployed.mow');
    const moreNames = await replay('deployed.rake');
    const body = { subscriber: 'deployed.rake' };
    const redrive = await system.ask(`POST /v1/admin/queues/${queue.name}/redrive`, {
      token: operator.token,
      body,
    });
    const known = await replay('deployed.weed', Sown.type);
    await eventually(async () => (await finished('replays')).includes(known));
    expect(await finished('replays')).toEqual([known]);
    expect(await finished('redrives')).toEqual([redrive.body.id]);
    expect(
      await system.sql(
        `SELECT subscriber FROM messaging.event_delivery WHERE subscriber LIKE 'deployed.%' AND state = 'dead'`,
      ),
    ).toEqual([]);

    await draining.close();
    await system.startWorker();
    const all = [added, moreTypes, newType, renamed, moreNames, known];
    await eventually(async () => (await finished('replays')).length === all.length);
    await eventually(async () => {
      const open = await system.sql(
        `SELECT 1 FROM messaging.event_delivery WHERE queue = $1 AND state <> 'done'`,
        [queue.name],
      );
      return open.length === 0;
    });
    expect(await noted(sown)).toEqual(
      ['deployed.harvest', 'deployed.rake', 'deployed.weed'].map((subscriber) => ({ subscriber })),
    );
    expect(await noted(watered)).toEqual([{ subscriber: 'deployed.weed' }]);
  });

  it('end with an error if no worker can work them off for a day', async () => {
    const id = newId();
    await system.sql(
      `INSERT INTO messaging.replays (id, subscriber, names, types, since, until, after_event_id, requested_at)
       VALUES ($1, 'deployed.prune', '{deployed.prune}', '{deployed.sown}', now(), now(), $1, now() - interval '2 days')`,
      [id],
    );
    await eventually(async () => (await finished('replays')).includes(id));
    const [{ error } = { error: null }] = await system.sql<{ error: string | null }>(
      'SELECT error FROM messaging.replays WHERE id = $1',
      [id],
    );
    expect(error).toBe('No worker handles these events as deployed.prune.');
  });
});
