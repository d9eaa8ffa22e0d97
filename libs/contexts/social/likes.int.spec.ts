import { Commands, Rebuild } from '@rookery/application';
import { contexts } from '@rookery/contexts';
import { enroll } from '@rookery/contexts/identity/testing';
import { isDatabaseUnavailable, Sql, Transaction } from '@rookery/persistence';
import { publish } from '@rookery/contexts/social/testing';
import { eventually, type Person } from '@rookery/testing';
import { ownSystem } from '@rookery/testing/own-system';
import { Client } from 'pg';
import { SocialPersonalData } from './personal-data';
import { LikePost, UnlikePost } from './features/like-post/like-post';
import { LikeCounts } from './storage/like-counts';

/** Commands that run at once; the api has ten connections. */
const CONCURRENCY = 40;

describe('Counting likes', () => {
  const system = ownSystem(contexts);
  let ada: Person;
  let people: string[];
  let postId: string;

  beforeAll(async () => {
    ada = await enroll(system);
    const rows = await system.sql<{ id: string }>(
      `INSERT INTO social.people (id, version, username, name, active)
       SELECT gen_random_uuid(), 1, 'liker' || nr, 'Liker', true FROM generate_series(1, 1000) nr RETURNING id`,
    );
    people = rows.map(({ id }) => id);
  });
  beforeEach(async () => {
    postId = (await publish(system, ada)).id;
  });

  /** Like a client that is told 503: where all connections are taken for long, it is repeated. */
  async function execute(change: LikePost | UnlikePost): Promise<void> {
    try {
      await system.inApi(Commands).execute(change);
    } catch (error) {
      if (!isDatabaseUnavailable(error)) throw error;
      await execute(change);
    }
  }
  async function atOnce(changes: readonly (LikePost | UnlikePost)[]): Promise<void> {
    const waiting = [...changes];
    const run = async () => {
      for (let next = waiting.pop(); next; next = waiting.pop()) await execute(next);
    };
    await Promise.all(Array.from({ length: CONCURRENCY }, run));
  }
  const likes = async (id = postId) =>
    (await system.ask(`GET /v1/posts/${id}`, { token: ada.token })).body.likesCount as number;
  /** Waits for what the counts depend on, and not for a thousand notifications. */
  const settled = () =>
    eventually(async () => {
      const left = await system.sql(
        `SELECT 1 FROM social.like_changes UNION ALL
         SELECT 1 FROM messaging.event_delivery WHERE subscriber = 'social.count-likes' AND state <> 'done'`,
      );
      return left.length === 0;
    });
  const rebuild = () => system.inWorker(Rebuild).run('social.count-likes');
  const insertLikes = (id: string, count: number) =>
    system.sql(
      `INSERT INTO social.likes (id, version, post_id, user_id, liked_at)
       SELECT gen_random_uuid(), 1, $1, user_id, now() FROM unnest($2::uuid[]) AS user_id`,
      [id, people.slice(0, count)],
    );

  it('ends up correct after a thousand concurrent likes and some unlikes', async () => {
    await atOnce(people.map((id) => new LikePost(postId, id)));
    await settled();
    expect(await likes()).toBe(1_000);
    await atOnce([
      ...people.slice(0, 100).map((id) => new UnlikePost(postId, id)),
      ...people.slice(50, 150).map((id) => new LikePost(postId, id)),
      ...people.slice(900).map((id) => new UnlikePost(postId, id)),
    ]);
    await settled();
    const [stored] = await system.sql<{ count: number }>(
      'SELECT count(*)::int AS count FROM social.likes WHERE post_id = $1',
      [postId],
    );
    expect(await likes()).toBe(stored!.count);
    expect(stored!.count).toBeGreaterThanOrEqual(800);
  }, 240_000);

  it('is done by one transaction at a time', async () => {
    const [transaction, sql, counts] = [Transaction, Sql, LikeCounts].map((type) =>
      system.inApi<unknown>(type),
    ) as [Transaction, Sql, LikeCounts];
    const changed = 'INSERT INTO social.like_changes (post_id, change) VALUES ($1, 1)';
    let second: Promise<void> | undefined;
    await transaction.run(async () => {
      await sql.execute(changed, [postId]);
      await counts.fold();
      let pid: number | undefined;
      second = transaction.outside(async () => {
        await system.sql(changed, [postId]);
        await transaction.run(async () => {
          pid = (await sql.row<{ pid: number }>('SELECT pg_backend_pid() AS pid'))!.pid;
          await counts.fold();
        });
      });
      second.catch(() => undefined); // looked at below
      await eventually(async () => {
        const waits = await system.sql('SELECT 1 FROM pg_locks WHERE pid = $1 AND NOT granted', [pid ?? 0]);
        return waits.length > 0;
      });
    });
    await second;
    expect(await likes()).toBe(2);
  });

  it('never waits for the row of the count', async () => {
    await atOnce([new LikePost(postId, people[0]!)]);
    await settled();
    const holder = new Client({ connectionString: system.addresses.databaseUrl });
    await holder.connect();
    try {
      await holder.query('BEGIN');
      await holder.query('SELECT 1 FROM social.like_counts WHERE post_id = $1 FOR UPDATE', [postId]);
      await holder.query('SELECT 1 FROM social.posts WHERE id = $1 FOR UPDATE', [postId]);
      await atOnce(people.slice(1, 10).map((id) => new LikePost(postId, id)));
      await holder.query('COMMIT');
    } finally {
      await holder.end();
    }
    await settled();
    expect(await likes()).toBe(10);
  });

  it('follows an erasure', async () => {
    const [one, two] = [postId, (await publish(system, ada)).id as string];
    await atOnce(people.slice(-3).flatMap((id) => [new LikePost(one, id), new LikePost(two, id)]));
    await settled();
    const erased: number[] = [];
    for (let count = -1; count !== 0; erased.push(count))
      count = await system
        .inWorker(Transaction)
        .run(async () => (await system.inWorker(SocialPersonalData).erase(people.at(-1)!, 1)).likes ?? 0);
    expect(erased).toEqual([1, 1, 0]);
    await settled();
    expect([await likes(one), await likes(two)]).toEqual([2, 2]);
  });

  it('removes the likes of a deleted post', async () => {
    await atOnce(people.slice(0, 5).map((id) => new LikePost(postId, id)));
    await system.ask(`DELETE /v1/posts/${postId}`, { token: ada.token });
    await settled();
    expect(await system.sql('SELECT 1 FROM social.likes WHERE post_id = $1', [postId])).toEqual([]);
    expect(await system.sql('SELECT 1 FROM social.like_counts WHERE post_id = $1', [postId])).toEqual([]);
  });

  it.each([
    ['is gone', 'DELETE FROM social.like_counts'],
    ['is wrong', 'UPDATE social.like_counts SET likes = likes + 7'],
    ['is of no like', 'DELETE FROM social.likes WHERE post_id = $1'],
    ['is of no post', 'UPDATE social.like_counts SET post_id = gen_random_uuid() WHERE post_id = $1'],
  ])('is rebuilt where a count %s', async (_, wreck) => {
    await atOnce(people.slice(0, 3).map((id) => new LikePost(postId, id)));
    await settled();
    await system.sql(wreck, wreck.includes('$1') ? [postId] : []);
    await rebuild();
    await settled();
    const differing = await system.sql(
      `SELECT post_id FROM (SELECT post_id, count(*)::int AS likes FROM social.likes GROUP BY 1) AS stored
       FULL JOIN social.like_counts counted USING (post_id, likes)
       WHERE (counted.post_id IS NULL) <> (stored.post_id IS NULL) OR counted.likes IS NULL`,
    );
    expect(differing).toEqual([]);
  });

  it('is never negative, whatever was lost', async () => {
    await atOnce([new LikePost(postId, people[0]!)]);
    await settled();
    await system.sql('UPDATE social.like_counts SET likes = 0 WHERE post_id = $1', [postId]);
    await atOnce([new UnlikePost(postId, people[0]!)]);
    await settled();
    expect(await likes()).toBe(0);
  });

  it('is rebuilt right while people like and unlike', async () => {
    await insertLikes(postId, 500);
    const over = new AbortController();
    const rebuilding = (async () => {
      while (!over.signal.aborted) await rebuild();
    })();
    await atOnce(people.slice(400, 700).map((id) => new LikePost(postId, id)));
    await atOnce(people.slice(0, 300).map((id) => new UnlikePost(postId, id)));
    over.abort();
    await rebuilding;
    await settled();
    expect(await likes()).toBe(400);
  }, 240_000);
});
