import { enroll } from '@rookery/contexts/identity/testing';
import { highlight, publishStory } from '@rookery/contexts/stories/testing';
import { eventually, type Person, privateSystem } from '@rookery/testing';
import { Client } from 'pg';

describe('The end of stories', () => {
  // Of its own: it ends all stories whose day is over, and breaks Redis.
  const system = privateSystem({ LOG_LEVEL: 'info' });
  let ada: Person;

  beforeAll(async () => {
    ada = await enroll(system);
  });

  /** Stories whose day is over. @returns how many are not ended yet */
  const insertExpired = (count: number) =>
    system.sql(
      `INSERT INTO stories.stories (id, version, author_id, text, visibility, restricted, created_at, expires_at)
       SELECT gen_random_uuid(), 1, $1, 'Old', 'public', false, now() - interval '1 day', now() - interval '1 s'
       FROM generate_series(1, $2)`,
      [ada.id, count],
    );
  const open = async () =>
    (await system.sql('SELECT FROM stories.stories WHERE ended_at IS NULL AND expires_at <= now()')).length;
  const expired = () =>
    system.sql<{ subject: string; data: { kept: boolean } }>(
      `SELECT subject, data FROM messaging.outbox WHERE type = 'stories.story-expired'`,
    );
  const settled = () =>
    eventually(async () => {
      const rest = await system.sql(
        `SELECT FROM messaging.outbox event LEFT JOIN messaging.event_delivery delivery USING (event_id)
         WHERE event.published_at IS NULL OR delivery.state = 'pending' LIMIT 1`,
      );
      return rest.length === 0;
    }, 90_000);
  const sweep = () => system.runSchedule('stories.expire-stories');

  it('soft-deletes stories, keeps highlighted ones, and notifies the author of each once', async () => {
    const [gone, kept, young] = [
      await publishStory(system, ada),
      await publishStory(system, ada),
      await publishStory(system, ada),
    ];
    await highlight(system, ada, [kept.id]);
    await system.sql(`UPDATE stories.stories SET expires_at = now() WHERE id = ANY ($1::uuid[])`, [
      [gone.id, kept.id],
    ]);
    await sweep();
    await sweep();
    const rows = await system.sql(
      `SELECT id, ended_at IS NOT NULL AS ended, deleted_at IS NOT NULL AS deleted, text FROM stories.stories ORDER BY id`,
    );
    expect(rows).toEqual([
      { id: gone.id, ended: true, deleted: true, text: gone.text },
      { id: kept.id, ended: true, deleted: false, text: kept.text },
      { id: young.id, ended: false, deleted: false, text: young.text },
    ]);
    expect(new Map((await expired()).map(({ subject, data }) => [subject, data.kept]))).toEqual(
      new Map([
        [gone.id, false],
        [kept.id, true],
      ]),
    );
    expect(await expired()).toHaveLength(2);
    await eventually(async () => {
      const frames = await system.sql(
        `SELECT payload FROM realtime.frames WHERE user_id = $1 AND type = 'story.expired' ORDER BY payload ->> 'storyId'`,
        [ada.id],
      );
      expect(frames).toEqual([
        { payload: { storyId: gone.id, highlighted: false } },
        { payload: { storyId: kept.id, highlighted: true } },
      ]);
    });
  });

  /** @returns what the worker has logged of expired stories */
  const lines = () =>
    system.logged
      .filter((line) => line.includes('stories expired'))
      .map((line) => JSON.parse(line) as { msg: string; count: number; duration: number });
  const loggedCount = () => lines().reduce((sum, { count }) => sum + count, 0);
  /** @returns what the metrics of the worker say of expired stories: their number, and that of their delays */
  async function counts(): Promise<number[]> {
    const text = await (await fetch(`${system.addresses.workerUrl}/metrics`)).text();
    return ['stories_expired_total', 'worker_latency_seconds_count{work="expire-stories"}'].map((sample) => {
      const line = text.split('\n').find((each) => each.startsWith(`${sample} `));
      return Number(line?.slice(sample.length) ?? 0);
    });
  }

  it('processes batches until none is left, skips locked rows, and logs and counts them', async () => {
    const before = (await expired()).length;
    // They are counted and logged when they are committed, so a moment after the rows show it.
    await eventually(() => expect(loggedCount()).toBe(before));
    // The process of the worker has counted for the systems before this one too.
    const counted = await counts();
    const { id } = await publishStory(system, ada);
    const holder = new Client({ connectionString: system.addresses.databaseUrl });
    await holder.connect();
    await holder.query('BEGIN');
    await holder.query(`UPDATE stories.stories SET expires_at = now() + interval '10 ms' WHERE id = $1`, [
      id,
    ]);
    // Committed and locked again in one message: the worker may come in between, but not before its day is over.
    await holder.query(
      'COMMIT; BEGIN; SELECT FROM stories.stories WHERE id = $1 FOR UPDATE'.replace('$1', `'${id}'`),
    );
    await insertExpired(1_500);
    await eventually(async () => (await open()) === 1);
    const left = await system.sql(
      'SELECT id FROM stories.stories WHERE ended_at IS NULL AND expires_at <= now()',
    );
    expect(left).toEqual([{ id }]);
    await holder.query('ROLLBACK');
    await holder.end();
    await eventually(async () => (await open()) === 0);
    const subjects = (await expired()).map(({ subject }) => subject);
    expect(subjects).toHaveLength(before + 1_501);
    expect(new Set(subjects).size).toBe(subjects.length);
    await eventually(() => expect(loggedCount()).toBe(before + 1_501));
    for (const line of lines())
      expect(line).toMatchObject({ msg: 'stories expired', duration: expect.any(Number) });
    // In the same turn as the log.
    expect(await counts()).toEqual(counted.map((count) => count + 1_501));
  }, 180_000);

  it('expires each story once when a worker loses its connection during a batch', async () => {
    const before = (await expired()).length;
    const holder = new Client({ connectionString: system.addresses.databaseUrl });
    await holder.connect();
    await holder.query('BEGIN; LOCK TABLE messaging.outbox IN SHARE MODE');
    await insertExpired(20);
    // One that has ended stories and waits to store their events.
    await eventually(async () => {
      const killed = await system.sql(
        `SELECT pg_terminate_backend(pid) FROM (
           SELECT DISTINCT held.pid FROM pg_locks held JOIN pg_locks awaited USING (pid)
           WHERE held.relation = 'stories.stories'::regclass AND held.mode = 'RowExclusiveLock' AND held.granted
             AND NOT awaited.granted) AS sweeping`,
      );
      return killed.length === 1;
    });
    expect(await open()).toBe(20);
    await holder.query('ROLLBACK');
    await holder.end();
    await eventually(async () => (await open()) === 0);
    const subjects = (await expired()).map(({ subject }) => subject);
    expect(subjects).toHaveLength(before + 20);
    expect(new Set(subjects).size).toBe(subjects.length);
  });

  it('loses nothing and repeats nothing when Redis loses everything', async () => {
    await settled();
    const before = (await expired()).length;
    await insertExpired(300);
    await system.killRedis();
    await eventually(async () => (await open()) === 0); // it needs no Redis
    await system.startRedisEmpty();
    expect((await expired()).length).toBe(before + 300);
    await settled();
    const frames = await system.sql<{ id: string }>(
      `SELECT payload ->> 'storyId' AS id FROM realtime.frames WHERE user_id = $1 AND type = 'story.expired'`,
      [ada.id],
    );
    expect(new Set(frames.map(({ id }) => id)).size).toBe(frames.length);
    expect(frames).toHaveLength(before + 300);
  }, 240_000);
});
