import { contexts } from '@rookery/contexts';
import { enroll } from '@rookery/contexts/identity/testing';
import { defineEvent, newId } from '@rookery/domain';
import { defineQueue, type Handles, Reject, Subscriber } from '@rookery/messaging';
import { workContext, withWorkContext } from '@rookery/observability';
import { Outbox, Transaction } from '@rookery/persistence';
import { eventually, type Person } from '@rookery/testing';
import { contextOf } from '@rookery/testing/context';
import { ownSystem } from '@rookery/testing/own-system';
import { z } from 'zod';

const queue = defineQueue('suite-traced', {
  class: 'critical',
  attempts: 2,
  backoff: { base: 5, factor: 2, cap: 20 },
  timeout: 20_000,
  effect: 'database',
});
const Rained = defineEvent('tracing.rained', 1, z.object({}));
const Flooded = defineEvent('tracing.flooded', 1, z.object({}));

@Subscriber('tracing.flood', Rained, { queue })
class Flood implements Handles<typeof Rained> {
  constructor(private readonly outbox: Outbox) {}

  async handle(): Promise<void> {
    await this.outbox.append([{ definition: Flooded, subject: newId(), sequence: 1, data: {} }]);
  }
}

@Subscriber('tracing.flee', Flooded, { queue })
class Flee implements Handles<typeof Flooded> {
  async handle(): Promise<void> {
    throw new Reject('The bridge is gone.');
  }
}

describe('the lineage of a request', () => {
  const system = ownSystem([...contexts, contextOf('tracing', { subscribers: [Flood, Flee] })]);
  let operator: Person;

  beforeAll(async () => {
    operator = await enroll(system, { role: 'admin' });
  });

  const read = (id: string) => system.ask(`GET /v1/admin/lineage/${id}`, { token: operator.token });

  it('has its command, its events and their deliveries', async () => {
    const writer = await enroll(system);
    const requestId = `lineage-${newId()}`;
    const { body: post } = await system.ask('POST /v1/posts', {
      token: writer.token,
      headers: { 'x-request-id': requestId },
      body: { title: 'Rain', content: 'It rains.', tags: [] },
    });
    const found = await eventually(async () => {
      const { body } = await read(requestId);
      const [event] = body.events;
      return event.deliveries.every(({ state }: { state: string }) => state === 'done') && body;
    });
    expect(found).toMatchObject({
      correlationId: requestId,
      commands: [
        {
          action: 'social.create-post',
          outcome: 'done',
          code: null,
          actorId: writer.id,
          subjectId: post.id,
          causationId: null,
          eventIds: [found.events[0].id],
        },
      ],
      truncated: false,
    });
    expect(found.events[0]).toMatchObject({
      type: 'social.post-created',
      version: 1,
      subject: post.id,
      sequence: 1,
      causationId: null,
    });
    expect(found.events[0].deliveries.length).toBeGreaterThan(0);
  });

  it('has a command that was rejected', async () => {
    const requestId = `lineage-${newId()}`;
    await system.ask(`DELETE /v1/posts/${newId()}`, {
      token: operator.token,
      headers: { 'x-request-id': requestId },
    });
    expect((await read(requestId)).body).toMatchObject({
      commands: [
        { action: 'social.delete-post', outcome: 'rejected', code: 'resource.not-found', eventIds: [] },
      ],
      events: [],
    });
  });

  it('follows events that subscribers caused', async () => {
    const correlationId = `lineage-${newId()}`;
    const subject = newId();
    await withWorkContext({ ...workContext(), correlationId }, () =>
      system
        .inApi(Transaction)
        .run(() => system.inApi(Outbox).append([{ definition: Rained, subject, sequence: 1, data: {} }])),
    );
    const { events, commands } = await eventually(async () => {
      const { body } = await read(correlationId);
      return body.events?.[1]?.deliveries[0]?.state === 'dead' && body;
    });
    expect(commands).toEqual([]);
    expect(events).toMatchObject([
      {
        type: 'tracing.rained',
        subject,
        causationId: null,
        deliveries: [
          { subscriber: 'tracing.flood', queue: queue.name, state: 'done', attempts: 0, lastError: null },
        ],
      },
      {
        type: 'tracing.flooded',
        causationId: events[0].id,
        deliveries: [
          { subscriber: 'tracing.flee', state: 'dead', attempts: 1, lastError: 'The bridge is gone.' },
        ],
      },
    ]);
    await system.ask(`POST /v1/admin/queues/${queue.name}/failed/${events[1].id}-tracing.flee/discard`, {
      token: operator.token,
    });
    expect((await read(correlationId)).body.events[1].deliveries).toMatchObject([{ state: 'discarded' }]);
  });

  it('is limited', async () => {
    const correlationId = `lineage-${newId()}`;
    await system.sql(
      `INSERT INTO audit.entries (id, action, correlation_id, outcome, details, event_ids)
       SELECT gen_random_uuid(), 'suite.act', $1, 'done', '{}', '{}' FROM generate_series(1, 501)`,
      [correlationId],
    );
    const { body } = await read(correlationId);
    expect(body.commands).toHaveLength(500);
    expect(body.truncated).toBe(true);
  });

  it('does not exist for unknown requests', async () => {
    for (const id of [newId(), 'a'.repeat(200), '%00'])
      expect((await read(id)).body).toMatchObject({ code: 'resource.not-found' });
  });
});
