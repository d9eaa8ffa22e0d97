import { Injectable } from '@nestjs/common';
import { type EventDefinition, type EventOf, defineEvent, newId } from '@rookery/domain';
import { Outbox, Sql, Transaction } from '@rookery/persistence';
import { eventually } from '@rookery/testing';
import { contextOf } from '@rookery/testing/context';
import { ownSystem } from '@rookery/testing/own-system';
import { z } from 'zod';
import { defineQueue, type Handles, Subscriber } from '.';

const queue = defineQueue('suite-deploy', {
  class: 'default',
  attempts: 3,
  backoff: { base: 10, factor: 2, cap: 100 },
  timeout: 10_000,
  effect: 'database',
});

const Parcel = defineEvent('suite.parcel-sent', 1, z.object({}));

/** What {@link Deliver} waits for before it continues, by subject. */
const gates = new Map<string, { reached: () => void; open: Promise<void> }>();

@Injectable()
class Carrier {
  constructor(private readonly sql: Sql) {}

  async handle({ subject, version }: EventOf<typeof Parcel>): Promise<void> {
    const gate = gates.get(subject);
    gate?.reached();
    await gate?.open;
    await this.sql.execute('INSERT INTO suite.carried (subject, version, by) VALUES ($1, $2, $3)', [
      subject,
      version,
      this.constructor.name,
    ]);
  }
}

/** The subscriber in the old build. */
@Subscriber('suite.deliver', Parcel, { queue })
class Deliver extends Carrier implements Handles<typeof Parcel> {}

/** The subscriber in the new build, with a different name; the old build must not know its new event version. */
function newBuild() {
  const ParcelWithWeight = defineEvent('suite.parcel-sent', 2, z.object({ grams: z.number() }));
  class Carry extends Carrier {}
  Subscriber('suite.deliver', [Parcel, ParcelWithWeight], { queue })(Carry);
  class Insure extends Carrier {}
  Subscriber('suite.insure', [Parcel, ParcelWithWeight], { queue })(Insure);
  return { ParcelWithWeight, contexts: [contextOf('suite', { subscribers: [Carry, Insure] })] };
}

describe('While a new build takes over from an old one', () => {
  const system = ownSystem([contextOf('suite', { subscribers: [Deliver] })]);
  let worker: { close(): Promise<void> };
  let next: ReturnType<typeof newBuild>;

  beforeAll(async () => {
    worker = system.worker;
    next = newBuild();
    await system.sql('CREATE SCHEMA suite');
    await system.sql(
      'CREATE TABLE suite.carried (subject uuid NOT NULL, version int NOT NULL, by text NOT NULL)',
    );
  });

  /** Stores an event. `change` alters its deliveries before they are visible. */
  async function send(definition: EventDefinition, change?: string): Promise<string> {
    const subject = newId();
    await system.inApi(Transaction).run(async () => {
      await system.inApi(Outbox).append([{ definition, subject, sequence: 1, data: { grams: 1 } }]);
      if (change)
        await system
          .inApi(Sql)
          .execute(`UPDATE messaging.event_delivery SET ${change} WHERE subject = $1`, [subject]);
    });
    return subject;
  }

  async function is(subject: string, state: string): Promise<void> {
    await eventually(async () => {
      const rows = await system.sql(
        'SELECT 1 FROM messaging.event_delivery WHERE subject = $1 AND state = $2',
        [subject, state],
      );
      return rows.length === 1;
    });
  }

  const carried = (subject: string) =>
    system.sql('SELECT version, by FROM suite.carried WHERE subject = $1', [subject]);

  it('an unknown delivery waits, without blocking others, until a build knows it', async () => {
    const forNobody = await send(Parcel, `subscriber = 'suite.insure'`);
    const tooNew = await send(next.ParcelWithWeight);
    const known = await send(Parcel);
    await is(forNobody, 'parked');
    await is(tooNew, 'parked');
    await is(known, 'done');

    await worker.close();
    worker = await system.startWorker(next.contexts);
    await is(forNobody, 'done');
    await is(tooNew, 'done');
    expect(await carried(forNobody)).toEqual([{ version: 1, by: 'Insure' }]);
    expect(await carried(tooNew)).toEqual([{ version: 2, by: 'Carry' }]);
    expect(await carried(known)).toEqual([{ version: 1, by: 'Deliver' }]);
  });

  it('a delivery for an undeclared queue stays in the ledger and blocks nothing', async () => {
    const elsewhere = await send(Parcel, `queue = 'suite-tomorrow'`);
    const known = await send(Parcel);
    await is(known, 'done');
    await is(elsewhere, 'pending');
    await eventually(async () => {
      const unpublished = await system.sql('SELECT 1 FROM messaging.outbox WHERE published_at IS NULL');
      return unpublished.length === 0;
    });
  });

  it('a worker that shuts down finishes its active jobs, and the next worker does the rest', async () => {
    let open: (() => void) | undefined;
    const atWork: Promise<void>[] = [];
    const gate = new Promise<void>((resolve) => (open = resolve));
    const subjects: string[] = [];
    await system.inApi(Transaction).run(async () => {
      for (let each = 0; each < 20; each += 1) {
        const subject = newId();
        subjects.push(subject);
        atWork.push(new Promise((reached) => gates.set(subject, { reached, open: gate })));
        await system.inApi(Outbox).append([{ definition: Parcel, subject, sequence: 1, data: {} }]);
      }
    });
    await Promise.any(atWork);
    const closing = worker.close();
    open!();
    await closing;
    const { length: done } = await system.sql(
      `SELECT 1 FROM messaging.event_delivery WHERE state = 'done' AND subject = ANY ($1)`,
      [subjects],
    );
    expect(done).toBeGreaterThan(0);

    await system.startWorker(next.contexts);
    for (const subject of subjects) await is(subject, 'done');
    const rows = await system.sql('SELECT subject FROM suite.carried WHERE subject = ANY ($1)', [subjects]);
    expect(rows).toHaveLength(20);
  });
});
