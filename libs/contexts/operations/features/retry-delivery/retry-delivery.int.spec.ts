import { contexts } from '@rookery/contexts';
import { enroll } from '@rookery/contexts/identity/testing';
import { defineEvent, type EventOf, newId } from '@rookery/domain';
import { defineQueue, Dispatch, failedQueue, type Handles, Reject, Subscriber } from '@rookery/messaging';
import { Outbox, Transaction } from '@rookery/persistence';
import { type Answer, eventually, type Person } from '@rookery/testing';
import { contextOf } from '@rookery/testing/context';
import { ownSystem } from '@rookery/testing/own-system';
import { Client } from 'pg';
import { z } from 'zod';

const queue = defineQueue('suite-decided', {
  class: 'critical',
  attempts: 3,
  backoff: { base: 5, factor: 2, cap: 20 },
  timeout: 20_000,
  effect: 'database',
});
const Knocked = defineEvent('deciding.knocked', 1, z.object({}));

/** Subjects whose first event fails, and what was handled, in order. */
const broken = new Set<string>();
const opened: string[] = [];

@Subscriber('deciding.open-doors', Knocked, { queue, ordered: true })
class OpenDoors implements Handles<typeof Knocked> {
  async handle({ subject, sequence }: EventOf<typeof Knocked>): Promise<void> {
    if (sequence === 1 && broken.has(subject)) throw new Reject('It is stuck.');
    opened.push(`${subject} ${sequence}`);
  }
}

describe('an operator', () => {
  const system = ownSystem([...contexts, contextOf('deciding', { subscribers: [OpenDoors] })]);
  let operator: Person;

  beforeAll(async () => {
    operator = await enroll(system, { role: 'admin' });
  });

  /** The first event of a subject has failed; more events wait for it. */
  async function stuck(events = 1): Promise<{ subject: string; id: string }> {
    const subject = newId();
    broken.add(subject);
    const raised = Array.from({ length: events }, (_, index) => ({
      definition: Knocked,
      subject,
      sequence: index + 1,
      data: {},
    }));
    await system.inApi(Transaction).run(() => system.inApi(Outbox).append(raised));
    const id = await eventually(async () => {
      const { body } = await system.ask(`GET /v1/admin/queues/${queue.name}/failed`, {
        token: operator.token,
      });
      return (
        body.data.find(({ envelope }: { envelope: { subject: string } }) => envelope.subject === subject)
          ?.id ?? false
      );
    });
    return { subject, id: id as string };
  }

  const decide = (verb: string, id: string, name = queue.name) =>
    system.ask(`POST /v1/admin/queues/${name}/failed/${id}/${verb}`, { token: operator.token });
  const board = (name: string) =>
    system
      .inApi(Dispatch)
      .all()
      .find((each) => each.name === name)!;
  const states = (subject: string) =>
    system.sql<{ sequence: number; state: string; discarded: boolean }>(
      `SELECT sequence, state, discarded_at IS NOT NULL AS discarded FROM messaging.event_delivery
       WHERE subject = $1 ORDER BY sequence`,
      [subject],
    );

  it('retries a failed delivery: it gets all its attempts again', async () => {
    const { subject, id } = await stuck();
    await eventually(async () => (await board(failedQueue(queue.name)).getJob(id)) !== undefined);
    broken.delete(subject);
    expect(await decide('retry', id)).toMatchObject({
      status: 202,
      body: { id, queue: queue.name, state: 'pending' },
    });
    await eventually(() => opened.includes(`${subject} 1`));
    expect(await board(failedQueue(queue.name)).getJob(id)).toBeUndefined();
    const { body } = await system.ask('GET /v1/admin/audit?action=operations.retry-delivery&limit=1', {
      token: operator.token,
    });
    expect(body.data).toMatchObject([
      {
        actorId: operator.id,
        subjectId: id.slice(0, 36),
        outcome: 'done',
        details: { queue: queue.name, subscriber: 'deciding.open-doors', eventId: id.slice(0, 36) },
      },
    ]);
  });

  it('retries a delivery that fails again: it is listed again', async () => {
    const { subject, id } = await stuck();
    expect((await decide('retry', id)).status).toBe(202);
    const again = async () => (await states(subject)).some(({ state }) => state === 'dead');
    await eventually(again);
    expect((await decide('discard', id)).status).toBe(200);
  });

  /** Lets the worker show the next dead delivery, and so finish its job, only after `work`. */
  async function beforeJobIsRemoved(work: () => Promise<void>): Promise<void> {
    const dispatch = system.inWorker(Dispatch);
    const show = dispatch.addFailed.bind(dispatch);
    const decided = Promise.withResolvers<void>();
    const shown = jest.spyOn(dispatch, 'addFailed').mockImplementationOnce(async (delivery) => {
      await decided.promise;
      await show(delivery);
    });
    try {
      await work();
    } finally {
      decided.resolve();
      await Promise.all(shown.mock.results.map(({ value }) => value as Promise<void>));
      shown.mockRestore();
    }
  }

  it('retries a failed delivery before its job is removed: it runs, and is not shown as failed', async () => {
    let subject = '';
    let id = '';
    await beforeJobIsRemoved(async () => {
      ({ subject, id } = await stuck());
      broken.delete(subject);
      expect((await decide('retry', id)).status).toBe(202);
    });
    await eventually(() => opened.includes(`${subject} 1`));
    expect(await board(failedQueue(queue.name)).getJob(id)).toBeUndefined();
  });

  it('discards a failed delivery before its job is removed: it is not shown as failed', async () => {
    let id = '';
    await beforeJobIsRemoved(async () => {
      ({ id } = await stuck());
      expect((await decide('discard', id)).status).toBe(200);
    });
    await eventually(async () => (await board(queue.name).getJob(id)) === undefined);
    await eventually(async () => (await board(failedQueue(queue.name)).getJob(id)) === undefined);
  });

  it('discards a failed delivery: it never runs, and later events of its subject do', async () => {
    const { subject, id } = await stuck(3);
    broken.delete(subject);
    expect(await decide('discard', id)).toMatchObject({
      status: 200,
      body: { id, queue: queue.name, state: 'discarded' },
    });
    await eventually(async () => {
      await board(queue.name).promoteJobs(); // so that the test need not wait until they are checked again
      return opened.includes(`${subject} 3`);
    });
    expect(opened.filter((each) => each.startsWith(subject))).toEqual([`${subject} 2`, `${subject} 3`]);
    await eventually(async () =>
      expect(await states(subject)).toEqual([
        { sequence: 1, state: 'done', discarded: true },
        { sequence: 2, state: 'done', discarded: false },
        { sequence: 3, state: 'done', discarded: false },
      ]),
    );
    expect((await decide('retry', id)).body).toMatchObject({
      status: 409,
      code: 'operations.delivery-not-failed',
    });
  });

  it('prunes a discarded delivery a week after it was discarded, so that it can be replayed until then', async () => {
    const { subject, id } = await stuck();
    await decide('discard', id);
    const prune = () => system.inApi(Transaction).run(() => system.inApi(Outbox).prune(7, 1_000));
    await system.sql(
      `UPDATE messaging.outbox SET published_at = now() - interval '30 days' WHERE subject = $1`,
      [subject],
    );
    await prune();
    expect(await states(subject)).toEqual([{ sequence: 1, state: 'done', discarded: true }]);
    await system.sql(
      `UPDATE messaging.event_delivery SET finished_at = now() - interval '20 days',
         discarded_at = now() - interval '8 days' WHERE subject = $1`,
      [subject],
    );
    await prune();
    expect(await states(subject)).toEqual([]);
    expect((await decide('retry', id)).status).toBe(404);
  });

  /** Lets both reach the row before either can change it. */
  async function decideTogether(id: string, verbs: readonly string[]): Promise<Answer[]> {
    const holder = new Client({ connectionString: system.addresses.databaseUrl, application_name: 'suite' });
    await holder.connect();
    try {
      await holder.query('BEGIN');
      await holder.query('SELECT 1 FROM messaging.event_delivery WHERE event_id = $1 FOR UPDATE', [
        id.slice(0, 36),
      ]);
      const deciding = Promise.all(verbs.map((verb) => decide(verb, id)));
      await eventually(async () => {
        const waiting = await system.sql(
          `SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'
             AND application_name = 'rookery-api' AND query LIKE '%messaging.event_delivery%'`,
        );
        return waiting.length === verbs.length;
      });
      await holder.query('COMMIT');
      return await deciding;
    } finally {
      await holder.end();
    }
  }

  it.each([
    ['retry', 'retry'],
    ['discard', 'discard'],
    ['retry', 'discard'],
  ])('decides once, even if one wants to %s and one to %s at the same time', async (...verbs) => {
    const { subject, id } = await stuck();
    broken.delete(subject);
    const answers = await decideTogether(id, verbs);
    expect(answers.filter(({ status }) => status < 300)).toHaveLength(1);
    expect(answers.find(({ status }) => status >= 300)!.body).toMatchObject({
      status: 409,
      code: 'operations.delivery-not-failed',
    });
    const isRetried = answers.some(({ status }) => status === 202);
    await eventually(async () =>
      expect(await states(subject)).toEqual([{ sequence: 1, state: 'done', discarded: !isRetried }]),
    );
    expect(opened.filter((each) => each.startsWith(subject))).toHaveLength(isRetried ? 1 : 0);
  });

  it('gets 404 for deliveries that do not exist, and for those of another queue', async () => {
    const { id } = await stuck();
    for (const [unknown, name] of [
      [id, 'mail'],
      [id, 'nowhere'],
      [`${newId()}-deciding.open-doors`, queue.name],
      ['nonsense', queue.name],
    ] as const) {
      for (const verb of ['retry', 'discard'])
        expect((await decide(verb, unknown, name)).body).toMatchObject({ code: 'resource.not-found' });
    }
    expect((await decide('discard', id)).status).toBe(200);
  });

  it('needs a fresh sign-in to discard', async () => {
    const { id } = await stuck();
    const stale = await enroll(system, { role: 'admin' });
    await system.sql(
      `UPDATE identity.sessions SET authenticated_at = now() - interval '16 minutes' WHERE user_id = $1`,
      [stale.id],
    );
    const response = await system.ask(`POST /v1/admin/queues/${queue.name}/failed/${id}/discard`, {
      token: stale.token,
    });
    expect(response.body).toMatchObject({ status: 403, code: 'auth.mfa-required' });
    expect((await decide('discard', id)).status).toBe(200);
  });

  it('retries while Redis is down: workers find the delivery in the ledger', async () => {
    const { subject, id } = await stuck();
    broken.delete(subject);
    await system.killRedis();
    await eventually(async () => (await decide('retry', id)).status === 202);
    expect(await states(subject)).toMatchObject([{ state: 'pending' }]);
    await system.startRedisEmpty();
    await eventually(() => opened.includes(`${subject} 1`));
  });
});
