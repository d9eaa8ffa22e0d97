import { Client } from 'pg';
import { waitFor } from '../../tools/parts/processes.mts';
import { ProbeSystem } from './probe-system.mts';

/** More than one batch. */
const STORIES = 800;

describe('while workers are killed in the midst of ending stories', () => {
  it('every story ends once, and its author is told once', async () => {
    const system = await ProbeSystem.start({ apis: 0, workers: 1 });
    const [worker] = system.workers as [(typeof system.workers)[0]];
    const holder = new Client({ connectionString: system.databaseUrl });
    try {
      await holder.connect();
      const count = async (text: string) => (await system.sql<{ count: number }>(text))[0]!.count;
      const open = () =>
        count('SELECT count(*)::int FROM stories.stories WHERE ended_at IS NULL OR deleted_at IS NULL');
      const delivered = () =>
        count(
          `SELECT count(*)::int FROM messaging.event_delivery
           WHERE subscriber = 'stories.send-expiry-frames' AND state = 'done'`,
        );
      // A worker that has ended a batch waits to store its events.
      await holder.query('BEGIN; LOCK TABLE messaging.outbox IN SHARE MODE');
      await system.sql(
        `INSERT INTO stories.stories (id, version, author_id, text, visibility, restricted, created_at, expires_at)
         SELECT gen_random_uuid(), 1, '019aa8f2-5a20-7d8f-9c41-000000000001', 'Old', 'public', false,
                now() - interval '1 day', now() - interval '1 s' FROM generate_series(1, ${STORIES})`,
      );
      const isSweeping = async () =>
        (await count(
          `SELECT count(DISTINCT held.pid)::int FROM pg_locks held JOIN pg_locks awaited USING (pid)
           WHERE held.relation = 'stories.stories'::regclass AND held.mode = 'RowExclusiveLock' AND held.granted
             AND awaited.relation = 'messaging.outbox'::regclass AND NOT awaited.granted`,
        )) === 1;
      expect(await waitFor(isSweeping, 60_000)).toBe(true);
      await worker.kill();
      await holder.query('ROLLBACK');
      worker.start();
      // Again, when the first batch has ended and not everybody knows.
      expect(await waitFor(async () => (await delivered()) > 0, 120_000, 5)).toBe(true);
      await worker.kill();
      worker.start();

      expect(await waitFor(async () => (await open()) === 0, 120_000)).toBe(true);
      expect(await waitFor(async () => (await delivered()) === STORIES, 120_000)).toBe(true);
      const [told] = await system.sql(
        `SELECT count(*)::int AS events, count(DISTINCT subject)::int AS stories,
                (SELECT count(*)::int FROM realtime.frames WHERE type = 'story.expired') AS frames,
                (SELECT count(DISTINCT payload ->> 'storyId')::int FROM realtime.frames) AS told
         FROM messaging.outbox WHERE type = 'stories.story-expired'`,
      );
      expect(told).toEqual({ events: STORIES, stories: STORIES, frames: STORIES, told: STORIES });
    } finally {
      await holder.end();
      await system.stop();
    }
  }, 540_000);
});
