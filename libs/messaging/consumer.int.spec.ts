import {
  Conflict,
  defineEvent,
  defineRejection,
  DependencyUnavailable,
  type EventOf,
  newId,
  Rejection,
} from '@rookery/domain';
import { type DeliveryKey, Outbox, Sql, Transaction } from '@rookery/persistence';
import { eventually } from '@rookery/testing';
import { contextOf } from '@rookery/testing/context';
import { ownSystem } from '@rookery/testing/own-system';
import { z } from 'zod';
import {
  type Attempt,
  defineQueue,
  Dispatch,
  failedQueue,
  type Handles,
  Reject,
  Snooze,
  Subscriber,
} from '.';

const policy = {
  class: 'critical',
  attempts: 3,
  backoff: { base: 10, factor: 2, cap: 60 },
  timeout: 20_000,
} as const;
const inside = defineQueue('suite-inside', { ...policy, effect: 'database' });
const hasty = defineQueue('suite-hasty', { ...policy, effect: 'database', timeout: 2_000 });
const outside = defineQueue('suite-outside', { ...policy, effect: 'outside' });

const NoVisitors = defineRejection('suite.no-visitors', 'conflict', 'No visitors.', 'Go home.');

const Rang = defineEvent('suite.bell-rang', 1, z.object({}));
const Cracked = defineEvent('suite.bell-cracked', 1, z.object({}));
const Tolled = defineEvent('suite.bell-tolled', 1, z.object({}));

type Reaction = (attempt: Attempt) => Promise<void> | void;
/** What the subscribers do besides their effect, by subject. */
const reactions = new Map<string, Reaction>();
const regrets = new Map<string, () => void>();

@Subscriber('suite.open-the-door', Rang, { queue: inside })
class OpenTheDoor implements Handles<typeof Rang> {
  constructor(private readonly sql: Sql) {}

  async handle({ id, subject }: EventOf<typeof Rang>, attempt: Attempt): Promise<void> {
    await this.sql.execute(`INSERT INTO suite.effect (event_id, what) VALUES ($1, 'opened')`, [id]);
    await reactions.get(subject)?.(attempt);
  }

  async onDiscarded({ id, subject }: EventOf<typeof Rang>, reason: Error): Promise<void> {
    await this.sql.execute(`INSERT INTO suite.effect (event_id, what) VALUES ($1, $2)`, [id, reason.message]);
    regrets.get(subject)?.();
  }
}

@Subscriber('suite.mend-the-bell', Cracked, { queue: hasty })
class MendTheBell extends OpenTheDoor {}

@Subscriber('suite.fetch-the-priest', Tolled, { queue: outside })
class FetchThePriest implements Handles<typeof Tolled> {
  async handle({ subject }: EventOf<typeof Tolled>, attempt: Attempt): Promise<void> {
    await reactions.get(subject)?.(attempt);
  }
}

describe('A delivery', () => {
  const suite = contextOf('suite', { subscribers: [OpenTheDoor, MendTheBell, FetchThePriest] });
  const system = ownSystem([suite], { QUEUE_CONCURRENCY_CRITICAL: '20' });
  beforeAll(async () => {
    await system.startWorker();
    await system.sql('CREATE SCHEMA suite');
    await system.sql('CREATE TABLE suite.effect (event_id uuid NOT NULL, what text NOT NULL)');
    // From now on only the relay fills the queues.
    await eventually(async () => (await system.sql('SELECT 1 FROM messaging.queue_epoch')).length === 1);
  });

  /** Stores an event for the subscriber under test. */
  async function happen(
    definition: typeof Rang,
    reaction: Reaction = () => undefined,
    regret: () => void = () => undefined,
  ): Promise<DeliveryKey> {
    const subject = newId();
    reactions.set(subject, reaction);
    regrets.set(subject, regret);
    await system
      .inApi(Transaction)
      .run(() => system.inApi(Outbox).append([{ definition, subject, sequence: 1, data: {} }]));
    const [key] = await system.sql<DeliveryKey>(
      'SELECT event_id AS "eventId", subscriber FROM messaging.event_delivery WHERE subject = $1',
      [subject],
    );
    return key!;
  }

  async function stateOf({
    eventId,
  }: DeliveryKey): Promise<{ state: string; attempts: number; error: string | null }> {
    const [row] = await system.sql<{ state: string; attempts: number; error: string | null }>(
      'SELECT state, attempts, last_error AS error FROM messaging.event_delivery WHERE event_id = $1',
      [eventId],
    );
    return row!;
  }

  const becomes = (key: DeliveryKey, state: string) =>
    eventually(async () => (await stateOf(key)).state === state);

  async function effectsOf({ eventId }: DeliveryKey): Promise<string[]> {
    const rows = await system.sql<{ what: string }>('SELECT what FROM suite.effect WHERE event_id = $1', [
      eventId,
    ]);
    return rows.map(({ what }) => what);
  }

  const queue = (name: string) =>
    system
      .inApi(Dispatch)
      .all()
      .find((each) => each.name === name)!;

  /** Adds jobs with different ids for the same delivery to its queue. */
  async function copy(name: string, { eventId, subscriber }: DeliveryKey, copies: number): Promise<void> {
    await queue(name).addBulk(
      Array.from({ length: copies }, () => ({
        name: 'copy',
        data: { eventId, subscriber, type: '', subject: '' },
      })),
    );
  }

  /** A subscriber that blocks until it is released. */
  function gated(): { reaction: Reaction; calls: () => number; open: () => void } {
    let calls = 0;
    let open: (() => void) | undefined;
    const gate = new Promise<void>((resolve) => (open = resolve));
    const reaction = (): Promise<void> => {
      calls += 1;
      return gate;
    };
    return { reaction, calls: () => calls, open: open! };
  }

  /** Waits until a worker has checked the given number of jobs. */
  const lookedAt = (name: string, jobs: number) =>
    eventually(async () => {
      const found = await queue(name).getJobs();
      return found.length === jobs && found.every(({ attemptsStarted }) => attemptsStarted > 0);
    });

  const idle = (name: string) =>
    eventually(async () => {
      const { waiting, active, delayed } = await queue(name).getJobCounts();
      return waiting === 0 && active === 0 && delayed === 0;
    });

  it('has its effect once, however often the queue brings it', async () => {
    const { reaction, calls, open } = gated();
    const key = await happen(Rang, reaction);
    await eventually(() => calls() === 1);
    await copy(inside.name, key, 100);
    await lookedAt(inside.name, 101);
    expect(calls()).toBe(1);
    open();
    await copy(inside.name, key, 100);
    await becomes(key, 'done');
    await copy(inside.name, key, 100);
    await idle(inside.name);
    expect(await effectsOf(key)).toEqual(['opened']);
  });

  it('that fails is retried until it works, with one key and a count of the attempts', async () => {
    const attempts: Attempt[] = [];
    const key = await happen(Rang, (attempt) => {
      attempts.push(attempt);
      if (attempts.length < 3) throw new Error('stuck');
    });
    await becomes(key, 'done');
    expect(attempts.map(({ number }) => number)).toEqual([1, 2, 3]);
    expect(new Set(attempts.map((attempt) => attempt.key))).toEqual(
      new Set([`${key.eventId}:suite.open-the-door`]),
    );
    expect(await effectsOf(key)).toEqual(['opened']);
    expect(await stateOf(key)).toMatchObject({ attempts: 2 });
  });

  it('may fail with anything at all, also with what PostgreSQL cannot store', async () => {
    const attempts: number[] = [];
    const fail = (reason: unknown): never => {
      throw reason;
    };
    const key = await happen(Rang, ({ number }) => {
      attempts.push(number);
      fail(['a text', new Error('with \0 in it'), undefined][number - 1]);
    });
    await becomes(key, 'dead');
    expect(attempts).toEqual([1, 2, 3]);
    expect(await stateOf(key)).toEqual({ state: 'dead', attempts: 3, error: 'undefined' });
  });

  it('that is rejected becomes dead at once, and its failed queue shows the reason and the subject', async () => {
    const key = await happen(Rang, () => {
      throw new Reject('no such door');
    });
    await becomes(key, 'dead');
    const [failed] = await eventually(async () => {
      const jobs = await queue(failedQueue(inside.name)).getJobs();
      const found = jobs.filter(({ data }) => data.eventId === key.eventId);
      return found.length > 0 && found;
    });
    expect(failed!.data).toMatchObject({
      eventId: key.eventId,
      subscriber: 'suite.open-the-door',
      reason: 'no such door',
      stack: expect.stringContaining('consumer.int.spec'),
      attempts: 1,
      failedAt: expect.any(String),
      envelope: { id: key.eventId, type: 'suite.bell-rang', version: 1, sequence: 1, data: {} },
    });
    expect(await effectsOf(key)).toEqual(['no such door']);
  });

  it.each([inside, outside])(
    'that fails with a domain rejection becomes dead at once ($name)',
    async ({ name }) => {
      let attempts = 0;
      const key = await happen(name === inside.name ? Rang : Tolled, () => {
        attempts += 1;
        throw new Rejection(NoVisitors);
      });
      await becomes(key, 'dead');
      expect(attempts).toBe(1);
      expect(await stateOf(key)).toEqual({ state: 'dead', attempts: 1, error: NoVisitors.message });
    },
  );

  it('that fails because of a dependency or a concurrent change is retried', async () => {
    for (const definition of [DependencyUnavailable, Conflict]) {
      const key = await happen(Rang, ({ number }) => {
        if (number === 1) throw new Rejection(definition);
      });
      await becomes(key, 'done');
      expect(await stateOf(key)).toMatchObject({ attempts: 1 });
    }
  });

  it('that fails on every attempt becomes dead after the last, and is compensated', async () => {
    let attempts = 0;
    const key = await happen(Rang, () => {
      attempts += 1;
      throw new Error(`stuck ${attempts}`);
    });
    await becomes(key, 'dead');
    expect(attempts).toBe(3);
    expect(await stateOf(key)).toEqual({ state: 'dead', attempts: 3, error: 'stuck 3' });
    expect(await effectsOf(key)).toEqual(['stuck 3']);
    await eventually(async () => {
      const jobs = await queue(failedQueue(inside.name)).getJobs();
      return jobs.some(({ data }) => data.eventId === key.eventId && data.reason === 'stuck 3');
    });
  });

  it('does not become dead while its compensation fails: both are stored, or neither', async () => {
    let regretted = 0;
    const between: unknown[] = [];
    const dueAt = new Set<string>();
    const key: DeliveryKey = await happen(
      Rang,
      async ({ key: id }) => {
        const [row] = await system.sql<{ state: string; due: string }>(
          'SELECT state, due_at::text AS due FROM messaging.event_delivery WHERE event_id = $1',
          [id.split(':')[0]],
        );
        dueAt.add(row!.due);
        if (regretted > 0) between.push(row!.state, await effectsOf(key));
        throw new Reject('no such door');
      },
      () => {
        regretted += 1;
        if (regretted < 3) throw new Error('cannot make up for it');
      },
    );
    await becomes(key, 'dead');
    expect(regretted).toBe(3);
    expect(between).toEqual(['pending', [], 'pending', []]);
    expect(dueAt.size).toBe(3); // delayed each time, as after any failure
    expect(await effectsOf(key)).toEqual(['no such door']);
  });

  it('that is snoozed counts no attempt', async () => {
    const attempts: number[] = [];
    const key = await happen(Rang, ({ number }) => {
      attempts.push(number);
      if (attempts.length < 5) throw new Snooze(5);
    });
    await becomes(key, 'done');
    expect(attempts).toEqual([1, 1, 1, 1, 1]);
    expect(await stateOf(key)).toEqual({ state: 'done', attempts: 0, error: null });
    expect(await effectsOf(key)).toEqual(['opened']);
  });

  it('that takes too long is aborted, changes nothing any more, and is retried', async () => {
    let late: Promise<number> | undefined;
    const key = await happen(Cracked, async ({ number, signal }) => {
      if (number > 1) return;
      if (!signal.aborted)
        await new Promise((resolve) => signal.addEventListener('abort', () => setImmediate(resolve)));
      late = system
        .inWorker(Sql)
        .execute(`INSERT INTO suite.effect SELECT event_id, 'late' FROM messaging.outbox`);
      await late;
    });
    await becomes(key, 'done');
    await expect(late).rejects.toThrow(/has already ended|read-only transaction/);
    expect(await stateOf(key)).toMatchObject({ attempts: 1, error: expect.stringContaining('Timed out') });
    expect(await effectsOf(key)).toEqual(['opened']);
  });

  it('counts no attempt if PostgreSQL becomes unavailable', async () => {
    const attempts: number[] = [];
    const key = await happen(Rang, async ({ number }) => {
      attempts.push(number);
      if (attempts.length === 1)
        await system.inWorker(Sql).execute('SELECT pg_terminate_backend(pg_backend_pid())');
    });
    await becomes(key, 'done');
    expect(attempts).toEqual([1, 1]);
    expect(await stateOf(key)).toMatchObject({ attempts: 0 });
    expect(await effectsOf(key)).toEqual(['opened']);
  });

  describe('with an effect outside the database', () => {
    it('runs in no transaction', async () => {
      let active: boolean | undefined;
      const key = await happen(Tolled, () => {
        active = system.inWorker(Transaction).active;
      });
      await becomes(key, 'done');
      expect(active).toBe(false);
    });

    it('does not run twice at the same time', async () => {
      const { reaction, calls, open } = gated();
      const key = await happen(Tolled, reaction);
      await eventually(() => calls() === 1);
      await copy(outside.name, key, 30);
      await lookedAt(outside.name, 31);
      open();
      await becomes(key, 'done');
      await idle(outside.name);
      expect(calls()).toBe(1);
    });

    it('becomes dead like any other if the external server is unreachable', async () => {
      let attempts = 0;
      const key = await happen(Tolled, () => {
        attempts += 1;
        throw Object.assign(new Error('connect ECONNREFUSED 192.0.2.1:25'), { code: 'ECONNREFUSED' });
      });
      await becomes(key, 'dead');
      expect(attempts).toBe(3);
    });
  });
});
