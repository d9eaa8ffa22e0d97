import type { Type } from '@nestjs/common';
import { defineEvent, type EventEnvelope, newId } from '@rookery/domain';
import { Outbox, Sql, Transaction } from '@rookery/persistence';
import { eventually } from '@rookery/testing';
import { contextOf } from '@rookery/testing/context';
import { ownSystem } from '@rookery/testing/own-system';
import { z } from 'zod';
import { type AnySubscriber, type Attempt, Queues, Reject, Subscriber } from '.';

const Paid = defineEvent('suite.bill-paid', 1, z.object({}));
const Moved = defineEvent('suite.tenant-moved', 1, z.object({}));
const Rang = defineEvent('suite.bell-rang', 1, z.object({}));
const Watered = defineEvent('suite.garden-watered', 1, z.object({}));
const Weeded = defineEvent('suite.garden-weeded', 1, z.object({}));

/** Subjects whose first delivery fails permanently. */
const refused = new Set<string>();

/** @returns a subscriber class with its own name, so that each build has a different one */
function build(className: string, ...declared: Parameters<typeof Subscriber>): Type<AnySubscriber> {
  const type = {
    [className]: class {
      constructor(private readonly sql: Sql) {}

      async handle({ subject, sequence }: EventEnvelope, { key }: Attempt): Promise<void> {
        if (refused.delete(subject)) throw new Reject('Refused.');
        await this.sql.execute(
          'INSERT INTO suite.booked (subject, sequence, by, key) VALUES ($1, $2, $3, $4)',
          [subject, sequence, className, key],
        );
      }
    },
  }[className]!;
  Reflect.defineMetadata('design:paramtypes', [Sql], type);
  Subscriber(...declared)(type);
  return type;
}

const queue = Queues.projections;

describe('After a subscriber’s class was renamed', () => {
  // The build before: its api has stored the deliveries, and no worker of it has run any.
  const before = [
    build('BookPayment', 'suite.book-payment', Paid, { queue }),
    build('FollowTenant', 'suite.follow-tenant', Moved, { queue, ordered: true }),
    build('AnswerBell', 'suite.answer-bell', Rang, { queue }),
    build('TendGarden', 'suite.tend-garden', [Watered, Weeded], { queue }),
  ];
  const system = ownSystem([contextOf('suite', { subscribers: before })]);
  beforeAll(async () => {
    await system.sql('CREATE SCHEMA suite');
    await system.sql('CREATE TABLE suite.booked (subject uuid, sequence int, by text, key text)');
    await system.worker.close();
  });

  async function happens(definition: typeof Paid, subject = newId(), sequence = 1): Promise<string> {
    await system
      .inApi(Transaction)
      .run(() => system.inApi(Outbox).append([{ definition, subject, sequence, data: {} }]));
    return subject;
  }

  const booked = (subject: string) =>
    system.sql<{ sequence: number; by: string; key: string }>(
      'SELECT sequence, by, key FROM suite.booked WHERE subject = $1 ORDER BY ctid',
      [subject],
    );
  const deliveryOf = async (subject: string) =>
    (
      await system.sql<{ key: string; state: string }>(
        `SELECT event_id || ':' || subscriber AS key, state FROM messaging.event_delivery WHERE subject = $1`,
        [subject],
      )
    )[0]!;

  async function deliveriesHealth(url: string): Promise<{ status: string; detail?: string }> {
    const answer = (await (await fetch(`${url}/healthz`)).json()) as {
      dependencies: { deliveries: { status: string; detail?: string } };
    };
    return answer.dependencies.deliveries;
  }

  it('a subscriber with the current or a former name handles its deliveries; healthz reports others', async () => {
    const paid = await happens(Paid);
    const moved = await happens(Moved);
    const rang = await happens(Rang);
    refused.add(moved);

    const subscribers = [
      build('EnterPayment', 'suite.book-payment', Paid, { queue }),
      build('AccompanyTenant', 'suite.accompany-tenant', Moved, {
        queue,
        ordered: true,
        formerly: ['suite.follow-tenant'],
        attempts: 1,
      }),
    ];
    const worker = await system.startWorker([contextOf('suite', { subscribers })]);
    await worker.listen(0, '127.0.0.1');
    const url = await worker.getUrl();

    await eventually(async () => (await booked(paid)).length === 1);
    expect(await booked(paid)).toEqual([
      { sequence: 1, by: 'EnterPayment', key: (await deliveryOf(paid)).key },
    ]);

    // A dead delivery with the former name still blocks its successors with the new one.
    await eventually(async () => (await deliveryOf(moved)).state === 'dead');
    expect((await deliveryOf(moved)).key).toMatch(/:suite\.follow-tenant$/);

    await eventually(async () => (await deliveryOf(rang)).state === 'parked');
    const sentence =
      'No subscriber handles these deliveries: 1 of suite.answer-bell (no subscriber has, or had, this name). ' +
      'See docs/runbooks/parked-deliveries.md.';
    await eventually(async () => (await deliveriesHealth(url)).detail === sentence);
    expect(await deliveriesHealth(url)).toMatchObject({ status: 'degraded' });
    await worker.close();

    const last = [
      ...subscribers,
      build('Open', 'suite.open', Rang, { queue, formerly: ['suite.answer-bell'] }),
    ];
    const next = await system.startWorker([contextOf('suite', { subscribers: last })]);
    await next.listen(0, '127.0.0.1');
    await eventually(async () => (await booked(rang)).length === 1);
    expect(await booked(rang)).toEqual([{ sequence: 1, by: 'Open', key: (await deliveryOf(rang)).key }]);
    const nextUrl = await next.getUrl();
    await eventually(async () => (await deliveriesHealth(nextUrl)).status === 'up');
    await next.close();
  });

  it('ordered deliveries wait for those with a former name', async () => {
    const subject = await happens(Moved);
    refused.add(subject);
    const renamed = build('AccompanyTenant', 'suite.attend-tenant', Moved, {
      queue,
      ordered: true,
      formerly: ['suite.follow-tenant', 'suite.accompany-tenant'],
    });
    // Side by side with the old build, which still stores events: the second event's delivery has the new name.
    const worker = await system.startWorker([contextOf('suite', { subscribers: [renamed] })]);
    await eventually(async () => (await deliveryOf(subject)).state === 'dead');
    await worker
      .get(Transaction, { strict: false })
      .run(() =>
        worker.get(Outbox, { strict: false }).append([{ definition: Moved, subject, sequence: 2, data: {} }]),
      );
    const free = await happens(Moved);
    await eventually(async () => (await booked(free)).length === 1);
    expect(await booked(subject)).toEqual([]);
    await system.sql(
      `UPDATE messaging.event_delivery SET state = 'pending', due_at = now() - interval '2 minutes' WHERE subject = $1`,
      [subject],
    );
    await eventually(async () => (await booked(subject)).length === 2);
    expect((await booked(subject)).map(({ sequence, by }) => `${sequence} ${by}`)).toEqual([
      '1 AccompanyTenant',
      '2 AccompanyTenant',
    ]);
    await worker.close();
  });

  it('deliveries of a retired event are finished; those of an event or version it may not know yet are parked', async () => {
    const weeded = await happens(Weeded);
    const watered = await happens(Watered);
    // Also a later version of an event that is retired needs no handling, but one of an event that is handled does.
    await system.sql('UPDATE messaging.outbox SET version = 2 WHERE subject = ANY ($1)', [[weeded, watered]]);
    const stateOf = async (subject: string) => (await deliveryOf(subject)).state;

    // After a rollback: the older build does not know an event that the newer one handles.
    const older = build('TendGarden', 'suite.tend-garden', [Watered], { queue });
    const rolledBack = await system.startWorker([contextOf('suite', { subscribers: [older] })]);
    await eventually(async () => (await stateOf(weeded)) === 'parked');
    await eventually(async () => (await stateOf(watered)) === 'parked');
    await rolledBack.close();

    const newer = build('TendGarden', 'suite.tend-garden', [Watered], { queue, retired: [Weeded] });
    const worker = await system.startWorker([contextOf('suite', { subscribers: [newer] })]);
    await eventually(async () => (await stateOf(weeded)) === 'done');
    const later = await happens(Weeded);
    await eventually(async () => (await stateOf(later)) === 'done');
    expect(await booked(weeded)).toEqual([]);
    expect(await booked(later)).toEqual([]);
    expect(await stateOf(watered)).toBe('parked');
    await worker.close();
  });
});
