import { Sql } from '@rookery/persistence';
import { TestLedger } from '@rookery/testing/ledger';
import { Client } from 'pg';
import { MediaLibrary } from '../../../media/contract';
import { Stories, storySchema } from '../../storage/stories';
import { BATCH_SIZE, ExpireStories } from './expire-stories';

const BACKLOG = 100_000;
/** Writers that wait longer fail. */
const LOCK_TIMEOUT_MS = 100;

describe('A hundred thousand stories that end in the same minute', () => {
  let ledger: TestLedger;
  let writer: Client;

  beforeAll(async () => {
    ledger = await TestLedger.start({
      schemas: [storySchema],
      providers: [ExpireStories, Stories, { provide: MediaLibrary, useValue: { detach: () => undefined } }],
    });
    writer = new Client({ connectionString: ledger.database.url });
    await writer.connect();
  });
  afterAll(async () => {
    await writer?.end();
    await ledger?.stop();
  });

  const insert = (count: number, ended: string) =>
    `INSERT INTO stories.stories (id, version, author_id, text, visibility, restricted, created_at, expires_at)
     SELECT gen_random_uuid(), 1, gen_random_uuid(), 'Old', 'public', false, now() - interval '1 day',
            now() - ${ended} + interval '1 ms' * number FROM generate_series(1, ${count}) AS number`;

  /** Runs a batch in a transaction that outlives a machine which stands still for a moment under other work. */
  const inTransaction = <T>(work: () => Promise<T>) =>
    ledger.run(async () => {
      await ledger.get(Sql).execute(`SELECT set_config('idle_in_transaction_session_timeout', '2min', true)`);
      return work();
    });

  it('expire in batches, without blocking writers and without waiting for their locks', async () => {
    await writer.query(insert(BACKLOG, `interval '1 hour'`));
    await writer.query(`SET lock_timeout = ${LOCK_TIMEOUT_MS}`);
    // The one that is due first is being written by somebody.
    await writer.query('BEGIN');
    const { rows: held } = await writer.query<{ id: string }>(
      'SELECT id FROM stories.stories ORDER BY expires_at LIMIT 1 FOR UPDATE',
    );
    const first = await inTransaction(() => ledger.get(Stories).expire(BATCH_SIZE));
    expect(first).toHaveLength(BATCH_SIZE);
    expect(first.map(({ id }) => id)).not.toContain(held[0]!.id);
    await writer.query('COMMIT');

    // While a batch has not committed, others publish, delete, and keep stories that are due.
    const second = await inTransaction(async () => {
      const batch = await ledger.get(Stories).expire(BATCH_SIZE);
      await writer.query(insert(1, `interval '-1 hour'`));
      const touched = await writer.query(
        `UPDATE stories.stories SET highlights = highlights WHERE NOT (id = ANY ($1::uuid[]))
           AND id IN (SELECT id FROM stories.stories WHERE ended_at IS NULL AND NOT (id = ANY ($1::uuid[]))
                      ORDER BY expires_at LIMIT 100)`,
        [batch.map(({ id }) => id)],
      );
      expect(touched.rowCount).toBe(100);
      return batch;
    });
    expect(second[0]!.lateSeconds).toBeGreaterThan(0);
    expect(second.map(({ id }) => id)).toContain(held[0]!.id);

    const isOpen = async () =>
      (await ledger.sql('SELECT FROM stories.stories WHERE ended_at IS NULL AND expires_at <= now() LIMIT 1'))
        .length > 0;
    let slots = 2;
    for (; await isOpen(); slots += 1) await inTransaction(() => ledger.get(ExpireStories).run());
    expect(slots).toBe(BACKLOG / BATCH_SIZE);
    const [ended] = await ledger.sql(
      `SELECT count(*)::int AS stories, count(DISTINCT subject)::int AS events FROM stories.stories
       LEFT JOIN messaging.outbox ON subject = stories.id AND type = 'stories.story-expired' WHERE ended_at IS NOT NULL`,
    );
    expect(ended).toEqual({ stories: BACKLOG, events: BACKLOG });
  }, 480_000);
});
