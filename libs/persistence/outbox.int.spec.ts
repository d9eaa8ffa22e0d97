import { defineEvent, newId } from '@rookery/domain';
import { withWorkContext } from '@rookery/observability';
import { CountedHints, TestLedger } from '@rookery/testing/ledger';
import { Client } from 'pg';
import { z } from 'zod';
import { Deliveries, Interests, Outbox, Sql, Subscriptions, Transaction } from '.';

const LeafFell = defineEvent('suite.leaf-fell', 1, z.object({ height: z.number() }));
const LeafWasRaked = defineEvent('suite.leaf-was-raked', 1, z.object({ bed: z.string() }));
const LeafRotted = defineEvent('suite.leaf-rotted', 1, z.object({}));

describe('The outbox', () => {
  let ledger: TestLedger;
  let outbox: Outbox;
  let sql: Sql;

  beforeAll(async () => {
    ledger = await TestLedger.start({ poolSize: 20 });
    outbox = ledger.get(Outbox);
    sql = ledger.get(Sql);
    for (const subscriber of ['garden.rake', 'garden.compost']) {
      ledger
        .get(Subscriptions)
        .add(LeafFell.type, { subscriber, queue: 'garden', ordered: subscriber === 'garden.rake' });
    }
    await ledger.sql('CREATE SCHEMA suite');
    await ledger.sql('CREATE TABLE suite.tree (id uuid PRIMARY KEY, version int NOT NULL)');
  });
  afterAll(() => ledger.stop());
  beforeEach(() => ledger.sql('TRUNCATE messaging.outbox CASCADE'));

  const fall = (subject: string, sequence: number, height: unknown = 1) =>
    outbox.append([{ definition: LeafFell, subject, sequence, data: { height } }]);

  const publish = (limit = 100) =>
    ledger.run(async () => {
      const events = await outbox.takeUnpublished(limit);
      outbox.markPublished(events.map(({ id }) => id));
      return events;
    });

  it('stores an event together with a pending delivery for each of its subscribers', async () => {
    const subject = newId();
    await ledger.run(() => fall(subject, 1));
    const [event] = await publish();
    expect(event).toMatchObject({ type: 'suite.leaf-fell', subject });
    expect(event!.deliveries).toEqual(
      expect.arrayContaining([
        { subscriber: 'garden.rake', queue: 'garden' },
        { subscriber: 'garden.compost', queue: 'garden' },
      ]),
    );
    const rows = await ledger.sql(
      'SELECT subscriber, state, ordered, attempts FROM messaging.event_delivery ORDER BY 1',
    );
    expect(rows).toEqual([
      { subscriber: 'garden.compost', state: 'pending', ordered: false, attempts: 0 },
      { subscriber: 'garden.rake', state: 'pending', ordered: true, attempts: 0 },
    ]);
  });

  it('creates deliveries for subscribers with interests only for matching events', async () => {
    ledger.get(Subscriptions).add(LeafWasRaked.type, {
      subscriber: 'garden.weigh',
      queue: 'garden',
      ordered: false,
      interest: ({ data, actorId }) => [`by:${actorId}`, `in:${(data as { bed: string }).bed}`],
    });
    const [holder, other] = [newId(), newId()];
    const interests = ledger.get(Interests);
    const rake = async (bed: string) => {
      const subject = newId();
      await ledger.run(() =>
        outbox.append([{ definition: LeafWasRaked, subject, sequence: 1, data: { bed } }]),
      );
      return (await ledger.sql('SELECT 1 FROM messaging.event_delivery WHERE subject = $1', [subject]))
        .length;
    };
    expect(await rake('roses')).toBe(0);
    await ledger.run(() => interests.replace('garden.weigh', holder, ['in:roses', 'in:herbs']));
    await ledger.run(() => interests.replace('garden.weigh', other, ['in:roses']));
    await ledger.run(() => interests.replace('garden.other', other, ['in:lawn']));
    expect([await rake('roses'), await rake('herbs'), await rake('lawn')]).toEqual([1, 1, 0]);
    await ledger.run(() => interests.replace('garden.weigh', holder, ['in:herbs']));
    expect([await rake('roses'), await rake('herbs')]).toEqual([1, 1]);
    await ledger.run(() => interests.end('garden.weigh', [holder, other]));
    expect([await rake('roses'), await rake('herbs')]).toEqual([0, 0]);
    await ledger.run(() => interests.replace('garden.weigh', holder, ['by:null']));
    expect(await rake('lawn')).toBe(1);
  });

  it('stores neither if the transaction is rolled back, and wakes no relay', async () => {
    const before = ledger.get(CountedHints).sent;
    const failing = ledger.run(async () => {
      await fall(newId(), 1);
      throw new Error('undone');
    });
    await expect(failing).rejects.toThrow('undone');
    expect(await ledger.sql('SELECT event_id FROM messaging.outbox')).toEqual([]);
    expect(await ledger.sql('SELECT event_id FROM messaging.event_delivery')).toEqual([]);
    expect(ledger.get(CountedHints).sent).toBe(before);
  });

  it('wakes the relay after the commit', async () => {
    const before = ledger.get(CountedHints).sent;
    await ledger.run(async () => {
      await fall(newId(), 1);
      expect(ledger.get(CountedHints).sent).toBe(before);
    });
    expect(ledger.get(CountedHints).sent).toBe(before + 1);
  });

  it('passes actor, correlation and causation to subscribers', async () => {
    const [subject, actorId, causationId] = [newId(), newId(), newId()];
    const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
    await withWorkContext({ actorId, causationId, correlationId: 'request-1', traceparent }, () =>
      ledger.run(() => fall(subject, 1, 2.5)),
    );
    const { eventId } = (await publish())[0]!;
    const [claimed] = await ledger.run(() =>
      ledger.get(Deliveries).claim([{ eventId, subscriber: 'garden.rake', after: ['garden.rake'] }]),
    );
    expect(claimed).toEqual({
      attempts: 0,
      envelope: {
        id: eventId,
        type: 'suite.leaf-fell',
        version: 1,
        occurredAt: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/),
        subject,
        sequence: 1,
        actorId,
        causationId,
        correlationId: 'request-1',
        traceparent,
        data: { height: 2.5 },
      },
    });
  });

  it('refuses data that does not fit the event', async () => {
    await expect(ledger.run(() => fall(newId(), 1, 'high'))).rejects.toThrow('height');
  });

  it('rejects a sequence number that is already used for the subject', async () => {
    const subject = newId();
    await ledger.run(() => fall(subject, 1));
    await expect(ledger.run(() => fall(subject, 1))).rejects.toMatchObject({ code: '23505' });
  });

  it('still publishes what was written first and committed last', async () => {
    const [slow, quick] = [newId(), newId()];
    let commit: (() => void) | undefined;
    let written: (() => void) | undefined;
    const slowWritten = new Promise<void>((resolve) => (written = resolve));
    const writingSlowly = ledger.run(async () => {
      await fall(slow, 1);
      written!();
      await new Promise<void>((resolve) => (commit = resolve));
    });
    await slowWritten;
    await ledger.run(() => fall(quick, 1));
    expect((await publish()).map(({ subject }) => subject)).toEqual([quick]);
    commit!();
    await writingSlowly;
    expect((await publish()).map(({ subject }) => subject)).toEqual([slow]);
  });

  it('loses and duplicates nothing and keeps the order per subject with 16 writers and 3 relays', async () => {
    const subjects = Array.from({ length: 24 }, newId);
    for (const subject of subjects) await ledger.sql('INSERT INTO suite.tree VALUES ($1, 0)', [subject]);
    const writers = { atWork: 16 };
    const published: { subject: string; eventId: string }[] = [];

    async function write(writer: number): Promise<void> {
      for (let each = 0; each < 25; each += 1) {
        await ledger.run(async () => {
          const subject = subjects[(writer * 7 + each * 5) % subjects.length]!;
          const row = await sql.row<{ version: number }>(
            'UPDATE suite.tree SET version = version + 1 WHERE id = $1 RETURNING version',
            [subject],
          );
          await fall(subject, row!.version);
          if (each % 5 === 0) await sql.row('SELECT pg_sleep($1)', [Math.random() / 50]);
        });
      }
    }

    async function relay(): Promise<void> {
      for (let left = 1; writers.atWork > 0 || left > 0;) {
        left = await ledger.run(async () => {
          const events = await outbox.takeUnpublished(7);
          published.push(...events);
          if (Math.random() < 0.3) await sql.row('SELECT pg_sleep(0.005)');
          outbox.markPublished(events.map(({ id }) => id));
          return events.length;
        });
      }
    }

    const relays = [relay(), relay(), relay()];
    await Promise.all(
      Array.from({ length: writers.atWork }, (_, writer) =>
        write(writer).finally(() => (writers.atWork -= 1)),
      ),
    );
    await Promise.all(relays);
    // Each relay may have polled for the last time just before the last commit.
    for (let rest = await publish(); rest.length > 0; rest = await publish()) published.push(...rest);

    expect(new Set(published.map(({ eventId }) => eventId)).size).toBe(published.length);
    const stored = await ledger.sql<{ eventId: string; subject: string }>(
      'SELECT event_id AS "eventId", subject FROM messaging.outbox ORDER BY subject, sequence',
    );
    expect(stored).toHaveLength(400);
    const inOrder = (events: { subject: string; eventId: string }[]) =>
      Object.fromEntries(
        subjects.map((subject) => [
          subject,
          events.filter((each) => each.subject === subject).map(({ eventId }) => eventId),
        ]),
      );
    expect(inOrder(published)).toEqual(inOrder(stored));
  });

  it('deletes what is old and done, and nothing else', async () => {
    const states = [
      'done',
      'pending',
      'dead',
      'parked',
      'young',
      'unpublished',
      'halfDone',
      'doneLate',
    ] as const;
    const subjects = Object.fromEntries(states.map((state) => [state, newId()])) as Record<
      (typeof states)[number],
      string
    >;
    const unheard = newId();
    for (const subject of Object.values(subjects)) await ledger.run(() => fall(subject, 1));
    await ledger.run(() =>
      outbox.append([{ definition: LeafRotted, subject: unheard, sequence: 1, data: {} }]),
    );
    await ledger.sql(`UPDATE messaging.event_delivery SET state = 'done'`);
    for (const state of ['pending', 'dead', 'parked'] as const) {
      await ledger.sql('UPDATE messaging.event_delivery SET state = $1 WHERE subject = $2', [
        state,
        subjects[state],
      ]);
    }
    await ledger.sql(
      `UPDATE messaging.event_delivery SET state = 'dead' WHERE subject = $1 AND subscriber = 'garden.rake'`,
      [subjects.halfDone],
    );
    await ledger.sql(
      `UPDATE messaging.event_delivery SET finished_at = now() - interval '6 days' WHERE subject = $1`,
      [subjects.doneLate],
    );
    await ledger.sql(`UPDATE messaging.outbox SET published_at = now() - interval '8 days'`);
    await ledger.sql(
      `UPDATE messaging.outbox SET published_at = now() - interval '6 days' WHERE subject = $1`,
      [subjects.young],
    );
    await ledger.sql('UPDATE messaging.outbox SET published_at = NULL WHERE subject = $1', [
      subjects.unpublished,
    ]);

    expect(await ledger.run(() => outbox.prune(7, 1))).toBe(1);
    expect(await ledger.run(() => outbox.prune(7, 100))).toBe(1);
    const kept = await ledger.sql<{ subject: string }>('SELECT subject FROM messaging.outbox');
    const { done, ...others } = subjects;
    expect(kept.map(({ subject }) => subject).sort()).toEqual(Object.values(others).sort());
    expect(await ledger.sql('SELECT 1 FROM messaging.event_delivery WHERE subject = $1', [done])).toEqual([]);
  });

  it('reports a delivery as busy while an uncommitted transaction redrives it', async () => {
    const deliveries = ledger.get(Deliveries);
    const subject = newId();
    await ledger.run(() => fall(subject, 1));
    const eventId = (await publish())[0]!.eventId;
    const key = { eventId, subscriber: 'garden.compost', after: [] };
    const claim = () => ledger.run(() => deliveries.claim([key]));
    await ledger.run(() => deliveries.failed(key, new Error('too wet'), null));
    expect(await claim()).toEqual(['over']);
    await ledger.run(async () => {
      await deliveries.redrive(key);
      expect(await ledger.get(Transaction).outside(claim)).toEqual(['busy']);
    });
    expect(await claim()).toEqual([expect.objectContaining({ attempts: 0 })]);
  });

  describe('reads the same number of rows however long the history is, when', () => {
    const SUBSCRIBER = 'garden.rake';

    /** Published events with completed deliveries, followed by waiting ones. */
    async function fill(history: number, waiting: number): Promise<void> {
      // Not on a connection of the process: what fills the tables may take longer than its statements.
      await administrator.query('TRUNCATE messaging.outbox CASCADE');
      await administrator.query(
        `WITH stored AS (
           INSERT INTO messaging.outbox (event_id, type, version, subject, sequence, shard, data, occurred_at, published_at)
           SELECT ('01900000-0000-7000-8000-' || lpad(n::text, 12, '0'))::uuid, $3, 1, gen_random_uuid(), 1, n % 64, '{}',
                  now(), CASE WHEN n <= $1 THEN now() END
           FROM generate_series(1, $1::int + $2::int) AS n
           RETURNING event_id, subject, sequence, published_at)
         INSERT INTO messaging.event_delivery (event_id, subscriber, queue, subject, sequence, ordered, state, due_at)
         SELECT event_id, $4, 'garden', subject, sequence, false,
                CASE WHEN published_at IS NULL THEN 'pending' ELSE 'done' END, now() - interval '1 hour' FROM stored`,
        [history, waiting, LeafFell.type, SUBSCRIBER],
      );
      await administrator.query('ANALYZE messaging.outbox, messaging.event_delivery');
    }

    /** Rows and index entries that PostgreSQL read for `walk`. */
    async function readBy(walk: () => Promise<unknown>): Promise<number> {
      const read = async () => {
        const row = await sql.row<{ read: number }>(
          `SELECT (sum(seq_tup_read) + sum(coalesce(idx_tup_fetch, 0)))::int AS read FROM pg_stat_xact_user_tables
           WHERE schemaname = 'messaging' AND relname IN ('outbox', 'event_delivery')`,
        );
        return row!.read;
      };
      return ledger.run(async () => {
        const before = await read();
        await walk();
        return (await read()) - before;
      });
    }

    let administrator: Client;
    beforeAll(async () => {
      administrator = new Client({ connectionString: ledger.database.url });
      await administrator.connect();
    });
    afterAll(() => administrator.end());

    const known = [{ subscriber: SUBSCRIBER, type: LeafFell.type, version: 1 }];
    const walks: Record<string, () => Promise<unknown>> = {
      'the relay takes what is to be published': () => outbox.takeUnpublished(50),
      'it is pruned and nothing is old enough': () => outbox.prune(7, 50),
      'all that is pending is queued again': () => ledger.get(Deliveries).pending(undefined, 50),
      'the dead are shown': () => ledger.get(Deliveries).dead(undefined, 50),
      'overdue deliveries are taken': () => ledger.get(Deliveries).takeOverdue(60_000, 50),
      'parked deliveries are looked for': () => ledger.get(Deliveries).unpark(known, 50),
      'somebody asks what waits to be published': () => outbox.lag(),
      'somebody counts what is open': () => ledger.get(Deliveries).counts(),
    };

    const read: Record<string, { short: number; long: number }> = {};
    beforeAll(async () => {
      for (const [history, events] of [
        ['short', 4_000],
        ['long', 60_000],
      ] as const) {
        await fill(events, 4_000);
        for (const [name, walk] of Object.entries(walks)) {
          (read[name] ??= { short: 0, long: 0 })[history] = await readBy(walk);
        }
      }
    });

    // The planner's choice varies a little; a scan of the history would read all of it.
    it.each(Object.keys(walks))('%s', (name) => {
      expect(read[name]!.long).toBeLessThan(read[name]!.short + 6_000);
    });
  });

  it('says how much waits to be published, and for how long', async () => {
    expect(await outbox.lag()).toEqual({ events: 0, oldestSeconds: 0 });
    for (const subject of [newId(), newId()]) await ledger.run(() => fall(subject, 1));
    await ledger.sql(
      `UPDATE messaging.outbox SET occurred_at = now() - interval '90 s' WHERE id = (SELECT min(id) FROM messaging.outbox)`,
    );
    expect(await outbox.lag()).toEqual({ events: 2, oldestSeconds: expect.closeTo(90, -1) });
    await publish();
    expect(await outbox.lag()).toEqual({ events: 0, oldestSeconds: 0 });
  });
});
