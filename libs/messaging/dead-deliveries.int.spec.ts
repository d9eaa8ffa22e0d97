import { defineEvent, type EventOf, newId } from '@rookery/domain';
import { Outbox, Transaction } from '@rookery/persistence';
import { eventually } from '@rookery/testing';
import { contextOf } from '@rookery/testing/context';
import { ownSystem } from '@rookery/testing/own-system';
import { z } from 'zod';
import { DeadDeliveries, defineQueue, Dispatch, failedQueue, type Handles, Reject, Subscriber } from '.';

const queue = defineQueue('suite-revived', {
  class: 'critical',
  attempts: 3,
  backoff: { base: 10, factor: 2, cap: 60 },
  timeout: 20_000,
  effect: 'database',
});
const Rang = defineEvent('reviving.bell-rang', 1, z.object({}));

/** Subjects whose deliveries fail, and what was done. */
const broken = new Set<string>();
const done: string[] = [];

@Subscriber('reviving.open-the-door', Rang, { queue })
class OpenTheDoor implements Handles<typeof Rang> {
  async handle({ subject }: EventOf<typeof Rang>): Promise<void> {
    if (broken.has(subject)) throw new Reject('It is stuck.');
    done.push(`opened ${subject}`);
  }
}

@Subscriber('reviving.wake-the-dog', Rang, { queue })
class WakeTheDog implements Handles<typeof Rang> {
  async handle({ subject }: EventOf<typeof Rang>): Promise<void> {
    if (broken.has(subject)) throw new Reject('It sleeps.');
    done.push(`woke for ${subject}`);
  }
}

describe('Redriving dead deliveries', () => {
  const system = ownSystem([contextOf('reviving', { subscribers: [OpenTheDoor, WakeTheDog] })]);

  const stateOf = async (subject: string) =>
    (
      await system.sql<{ state: string }>(
        'SELECT state FROM messaging.event_delivery WHERE subject = $1 ORDER BY subscriber',
        [subject],
      )
    ).map(({ state }) => state);
  const becomes = (subject: string, ...states: string[]) =>
    eventually(async () => expect(await stateOf(subject)).toEqual(states));
  const redrive = async (name: string, subscriber?: string) => {
    const { redriven, finished } = await system.inApi(DeadDeliveries).redrive(name, subscriber);
    expect(finished).toBe(true);
    return redriven;
  };
  const failed = () =>
    system
      .inApi(Dispatch)
      .all()
      .find(({ name }) => name === failedQueue(queue.name))!;

  /** A delivery to both that is dead, and shown as failed. */
  async function dead(): Promise<string> {
    const subject = newId();
    broken.add(subject);
    const { waiting: before = 0 } = await failed().getJobCounts();
    await system
      .inApi(Transaction)
      .run(() => system.inApi(Outbox).append([{ definition: Rang, subject, sequence: 1, data: {} }]));
    await becomes(subject, 'dead', 'dead');
    await eventually(async () => (await failed().getJobCounts()).waiting === before + 2);
    return subject;
  }

  it('runs them again, and shows them as failed no more', async () => {
    const subject = await dead();
    broken.delete(subject);
    expect(await redrive(queue.name)).toBe(2);
    await becomes(subject, 'done', 'done');
    expect(done.filter((each) => each.endsWith(subject)).toSorted()).toEqual([
      `opened ${subject}`,
      `woke for ${subject}`,
    ]);
    expect(await failed().getJobCounts()).toMatchObject({ waiting: 0 });
    expect(await redrive(queue.name)).toBe(0);
  });

  it('can be of one subscriber', async () => {
    const subject = await dead();
    broken.delete(subject);
    expect(await redrive(queue.name, 'reviving.wake-the-dog')).toBe(1);
    await becomes(subject, 'dead', 'done');
    expect(await redrive(queue.name, 'reviving.open-the-door')).toBe(1);
    await becomes(subject, 'done', 'done');
  });

  it('ends where they die again, and shows them as failed again, however soon that is', async () => {
    const subject = await dead();
    const { waiting: shown } = await failed().getJobCounts();
    const [before] = await system.sql<{ now: Date }>('SELECT clock_timestamp() AS now');
    const hasDiedAgain = async () => {
      const jobs = await failed().getJobs('waiting');
      const again = jobs.filter(
        ({ data }) => data.envelope.subject === subject && new Date(data.failedAt) >= before!.now,
      );
      return again.length === 2;
    };
    // Whoever redrives does not continue before the deliveries have died again.
    const slow = [system.inApi(Dispatch), system.worker.get(Dispatch, { strict: false })].map((dispatch) => {
      const add = dispatch.add.bind(dispatch);
      return jest.spyOn(dispatch, 'add').mockImplementation(async (deliveries) => {
        await add(deliveries);
        if (deliveries.some((each) => each.subject === subject)) await eventually(hasDiedAgain);
      });
    });
    try {
      expect(await redrive(queue.name)).toBe(2);
      await becomes(subject, 'dead', 'dead');
      await eventually(async () => (await failed().getJobCounts()).waiting === shown);
    } finally {
      for (const spy of slow) spy.mockRestore();
    }
  });

  it('ends when its own deliveries are redriven, whatever else is requested', async () => {
    await system.worker.close();
    await system.sql(
      `INSERT INTO messaging.replays (id, subscriber, names, types, since, until, after_event_id, served_at)
       VALUES ($1, 'reviving.wake-the-dog', '{reviving.wake-the-dog}', '{reviving.bell-rang}', now(), now(), $1, now())`,
      [newId()],
    );
    await redrive(queue.name);
    expect(await system.sql('SELECT finished_at FROM messaging.replays')).toEqual([{ finished_at: null }]);
  });

  it('refuses a queue and a subscriber that do not exist', async () => {
    await expect(redrive('nowhere')).rejects.toThrow('There is no queue named nowhere. Available queues: ');
    await expect(redrive(queue.name, 'nobody.at-all')).rejects.toThrow(
      'There is no subscriber named nobody.at-all: docs/map.md lists them.',
    );
  });
});
