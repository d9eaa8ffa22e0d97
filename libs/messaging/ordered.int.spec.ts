import { type EventOf, defineEvent, newId } from '@rookery/domain';
import { Deliveries, type DeliveryKey, Outbox, Sql, Transaction } from '@rookery/persistence';
import { eventually } from '@rookery/testing';
import { contextOf } from '@rookery/testing/context';
import { ownSystem } from '@rookery/testing/own-system';
import { z } from 'zod';
import { type Attempt, defineQueue, Dispatch, failedQueue, type Handles, Reject, Subscriber } from '.';

const queue = defineQueue('suite-ordered', {
  class: 'critical',
  attempts: 5,
  backoff: { base: 5, factor: 2, cap: 40 },
  timeout: 5_000,
  effect: 'database',
});

const Moved = defineEvent('suite.piece-moved', 1, z.object({}));
/** Transactions at once: no more than have a connection, since one that waits too long for its own is refused. */
const MOVERS = 8;
const broken = new Set<string>();

@Subscriber('suite.draw-the-board', Moved, { queue, ordered: true })
class DrawTheBoard implements Handles<typeof Moved> {
  constructor(private readonly sql: Sql) {}

  async handle({ id, subject, sequence }: EventOf<typeof Moved>, { number }: Attempt): Promise<void> {
    if (broken.has(id)) throw new Reject('no such square');
    const clumsy = subject.endsWith('0');
    if (clumsy && number === 1 && sequence % 4 === 1)
      throw new Error('its successors overtake it unless they wait');
    await this.sql.execute('INSERT INTO suite.drawn (subject, sequence) VALUES ($1, $2)', [
      subject,
      sequence,
    ]);
  }
}

describe('An ordered subscriber', () => {
  const suite = contextOf('suite', { subscribers: [DrawTheBoard] });
  const system = ownSystem([suite], { QUEUE_CONCURRENCY_CRITICAL: '10' });
  beforeAll(async () => {
    await system.startWorker();
    await system.sql('CREATE SCHEMA suite');
    await system.sql(`CREATE TABLE suite.drawn (place bigint GENERATED ALWAYS AS IDENTITY, subject uuid NOT NULL,
      sequence int NOT NULL)`);
  });

  /** Stores the events of these numbers. */
  async function move(subject: string, from: number, to: number): Promise<void> {
    const raised = Array.from({ length: to - from + 1 }, (_, each) => ({
      definition: Moved,
      subject,
      sequence: from + each,
      data: {},
    }));
    await system.inApi(Transaction).run(() => system.inApi(Outbox).append(raised));
  }

  async function drawn(subject: string): Promise<number[]> {
    const rows = await system.sql<{ sequence: number }>(
      'SELECT sequence FROM suite.drawn WHERE subject = $1 ORDER BY place',
      [subject],
    );
    return rows.map(({ sequence }) => sequence);
  }

  it('receives the events of each of 200 subjects in order, whatever worker runs them and whatever fails', async () => {
    const subjects = Array.from({ length: 200 }, newId);
    for (let from = 1; from <= 12; from += 4) {
      for (let first = 0; first < subjects.length; first += MOVERS) {
        const some = subjects.slice(first, first + MOVERS);
        await Promise.all(some.map((subject) => move(subject, from, from + 3)));
      }
    }
    await eventually(async () => {
      const open = await system.sql(`SELECT 1 FROM messaging.event_delivery WHERE state <> 'done' LIMIT 1`);
      return open.length === 0;
    }, 280_000);
    const inversions = await system.sql(
      `SELECT subject FROM (SELECT subject, sequence, row_number() OVER (PARTITION BY subject ORDER BY place) AS expected
                            FROM suite.drawn) AS seen
       WHERE sequence <> expected`,
    );
    expect(inversions).toEqual([]);
    expect(await system.sql('SELECT count(*)::int AS count FROM suite.drawn')).toEqual([{ count: 2_400 }]);
  }, 300_000);

  it('waits for a dead predecessor until it is redriven, and blocks no other subject', async () => {
    const [stuck, free] = [newId(), newId()];
    const api = { deliveries: system.inApi(Deliveries), dispatch: system.inApi(Dispatch) };
    await system.inApi(Transaction).run(async () => {
      await move(stuck, 1, 3);
      const [first] = await system
        .inApi(Sql)
        .rows<DeliveryKey>(
          'SELECT event_id AS "eventId" FROM messaging.outbox WHERE subject = $1 AND sequence = 1',
          [stuck],
        );
      broken.add(first!.eventId);
    });
    await move(free, 1, 3);
    await eventually(async () => (await drawn(free)).length === 3);
    const board = api.dispatch.all().find(({ name }) => name === queue.name)!;
    await eventually(async () => {
      const { delayed, waiting, active } = await board.getJobCounts();
      return delayed === 2 && waiting === 0 && active === 0;
    });
    expect(await drawn(stuck)).toEqual([]);
    const failed = api.dispatch.all().find(({ name }) => name === failedQueue(queue.name))!;
    // It is shown there after it is dead; what came later than its removal would stay.
    await eventually(async () => expect(await failed.getJobCounts()).toMatchObject({ waiting: 1 }));

    broken.clear();
    const [dead] = await api.deliveries.dead(undefined, 10);
    const revived = await system.inApi(Transaction).run(() => api.deliveries.redrive(dead!));
    await api.dispatch.removeFailed(queue.name, dead!);
    await api.dispatch.add([revived!]);
    await eventually(async () => {
      await board.promoteJobs(); // so that the test need not wait until they are checked again
      return (await drawn(stuck)).length === 3;
    });
    expect(await drawn(stuck)).toEqual([1, 2, 3]);
    expect(await failed.getJobCounts()).toMatchObject({ waiting: 0 });
  });
});
