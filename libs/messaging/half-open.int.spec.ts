import { RedisConnections } from '@rookery/redis';
import { type EventOf, defineEvent, newId } from '@rookery/domain';
import { Outbox, Sql, Transaction } from '@rookery/persistence';
import { eventually } from '@rookery/testing';
import { SilentProxy } from '@rookery/testing/proxy';
import { contextOf } from '@rookery/testing/context';
import { ownSystem } from '@rookery/testing/own-system';
import { z } from 'zod';
import { defineQueue, Dispatch, type Handles, Subscriber } from '.';

const queue = defineQueue('suite-half-open', {
  class: 'default',
  attempts: 5,
  backoff: { base: 20, factor: 2, cap: 200 },
  timeout: 5_000,
  effect: 'database',
});

const Rung = defineEvent('suite.bell-rung', 1, z.object({}));

@Subscriber('suite.hear', Rung, { queue })
class Hear implements Handles<typeof Rung> {
  constructor(private readonly sql: Sql) {}

  async handle({ id }: EventOf<typeof Rung>): Promise<void> {
    await this.sql.execute('INSERT INTO suite.heard (event_id) VALUES ($1)', [id]);
  }
}

describe('When Redis falls silent without closing its connections', () => {
  let proxy: SilentProxy;
  const system = ownSystem(
    [contextOf('suite', { subscribers: [Hear] })],
    {},
    {
      async redis(url) {
        const before = await SilentProxy.before(url);
        proxy = before.proxy;
        return before.url;
      },
    },
  );

  beforeAll(async () => {
    await system.sql('CREATE SCHEMA suite');
    await system.sql('CREATE TABLE suite.heard (event_id uuid NOT NULL)');
  });
  afterAll(() => proxy.stop());

  async function ring(times: number): Promise<void> {
    const raised = Array.from({ length: times }, () => ({
      definition: Rung,
      subject: newId(),
      sequence: 1,
      data: {},
    }));
    await system.inApi(Transaction).run(() => system.inApi(Outbox).append(raised));
  }

  const heard = async () => (await system.sql('SELECT event_id FROM suite.heard')).length;

  it('every connection is replaced, and event processing continues by itself', async () => {
    await ring(3);
    await eventually(async () => (await heard()) === 3);
    const silenced = proxy.silence();
    await ring(3);
    await eventually(async () => (await heard()) === 6);
    for (const part of [system.inApi.bind(system), system.inWorker.bind(system)]) {
      const { shared, cache } = part(RedisConnections);
      await eventually(() => shared.ping());
      await eventually(() => cache.ping());
      await eventually(() => part(Dispatch).all()[0]!.count());
    }
    await eventually(() => silenced.stillOpen() === 0);
  }, 240_000);
});
