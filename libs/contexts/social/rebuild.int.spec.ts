import { Rebuild } from '@rookery/application';
import { contexts } from '@rookery/contexts';
import { newId } from '@rookery/domain';
import { Transaction } from '@rookery/persistence';
import { enroll } from '@rookery/contexts/identity/testing';
import { eventually, type Person } from '@rookery/testing';
import { ownSystem } from '@rookery/testing/own-system';
import { Posts } from './storage/posts';

const FEED = 'social.project-feed';
const LIKES = 'social.count-likes';
const TAGS = 'social.project-tags';
const COMMENTS = 'social.remove-comments';
const PEOPLE = 'social.copy-people';
const COUNTS = 'social.project-counts';

describe('Rebuilding the projections', () => {
  const system = ownSystem(contexts, { FEED_FAN_OUT_LIMIT: '2' });
  let people: Person[];

  beforeAll(async () => {
    people = await Promise.all(Array.from({ length: 6 }, () => enroll(system)));
    const [popular, ...others] = people as [Person, ...Person[]];
    for (const [index, person] of others.entries()) {
      await follow(person, popular);
      for (const step of [1, 2]) await follow(person, others[(index + step) % others.length]!);
    }
    await settled(); // a follow that is projected after the first post leaves a row that a rebuild would remove
    for (const person of people) for (let count = 0; count < 3; count += 1) await publish(person);
    await unfollow(others[0]!, others[1]!);
    await rename(others[0]!, 'Another Name');
    await settled();
  }, 240_000);

  const follow = (who: Person, whom: Person) =>
    system.ask(`PUT /v1/users/${whom.id}/follow`, { token: who.token });
  const unfollow = (who: Person, whom: Person) =>
    system.ask(`DELETE /v1/users/${whom.id}/follow`, { token: who.token });
  const publish = async (who: Person): Promise<string> => {
    const body = { title: 'T', content: 'C' };
    const answer = await system.ask('POST /v1/posts', { token: who.token, body });
    // Like a client: beside a rebuild, a busy machine may be too slow for it.
    if (answer.status === 503) return publish(who);
    expect(answer.status).toBe(201);
    return answer.body.id as string;
  };
  const remove = (id: string) =>
    system.inApi(Transaction).run(async () => {
      const post = await system.inApi(Posts).get(id);
      post.delete();
      await system.inApi(Posts).remove(post);
    });
  const rename = async (who: Person, name: string) => {
    const { headers } = await system.ask('GET /v1/me', { token: who.token });
    const ifMatch = { 'if-match': headers.etag as string };
    const { status } = await system.ask('PATCH /v1/me', {
      token: who.token,
      headers: ifMatch,
      body: { name },
    });
    expect(status).toBe(200);
  };
  const settled = () =>
    eventually(async () => {
      const [row] = await system.sql<{ idle: boolean }>(
        `SELECT NOT EXISTS (SELECT 1 FROM messaging.event_delivery WHERE state <> 'done') AS idle`,
      );
      return row!.idle;
    });
  const rebuild = (name: string) => system.inWorker(Rebuild).run(name);
  const TABLES = ['feed_items', 'merged_authors', 'merged_follows', 'people'];
  const rows = async (): Promise<Record<string, string[]>> =>
    Object.fromEntries(
      await Promise.all(
        TABLES.map(async (table) => [
          table,
          (await system.sql<{ row: string }>(`SELECT t::text AS row FROM social.${table} t ORDER BY 1`)).map(
            ({ row }) => row,
          ),
        ]),
      ),
    );

  it('is offered for every projection of the context', () => {
    const names = system.inWorker(Rebuild).names();
    expect(names.filter((name) => name.startsWith('social.'))).toEqual([
      PEOPLE,
      LIKES,
      COUNTS,
      FEED,
      TAGS,
      COMMENTS,
    ]);
  });

  it('refuses what is no projection, and names those that are', async () => {
    await expect(rebuild('identity.send-welcome-mail')).rejects.toThrow(
      `There is no projection identity.send-welcome-mail. Available projections: ${system.inWorker(Rebuild).names().join(', ')}.`,
    );
  });

  it('changes nothing if all rows are correct', async () => {
    const before = await rows();
    expect(Object.values(before).map((each) => each.length)).toEqual([27, 1, 5, 6]);
    expect(await rebuild(PEOPLE)).toEqual({ events: 6 });
    expect(await rebuild(FEED)).toEqual({ events: 18 + 5 });
    expect(await rows()).toEqual(before);
  });

  it.each<[string, string]>([
    ['rows are gone', 'DELETE FROM social.feed_items'],
    [
      'there are rows of posts that are gone',
      `INSERT INTO social.feed_items SELECT user_id, created_at, gen_random_uuid(), author_id FROM social.feed_items`,
    ],
    [
      'there are rows for people who do not follow',
      `INSERT INTO social.feed_items SELECT gen_random_uuid(), created_at, post_id, author_id FROM social.feed_items`,
    ],
    ['rows have another instant', `UPDATE social.feed_items SET created_at = created_at - interval '1 day'`],
    [
      'rows name another author',
      `UPDATE social.feed_items item SET author_id = follow.other_id FROM social.relationships follow
       WHERE follow.user_id = item.user_id AND follow.followed_at IS NOT NULL AND follow.other_id <> item.author_id
         AND follow.other_id NOT IN (SELECT author_id FROM social.merged_authors)`,
    ],
    [
      'posts of merged authors are fanned out',
      `INSERT INTO social.feed_items SELECT follow.user_id, post.created_at, post.id, post.author_id
       FROM social.merged_follows follow JOIN social.posts post USING (author_id)`,
    ],
    ['merged follows are gone', 'DELETE FROM social.merged_follows'],
    [
      'there are merged follows of people who do not follow',
      'INSERT INTO social.merged_follows SELECT gen_random_uuid(), author_id FROM social.merged_authors',
    ],
    [
      'follows of others are merged',
      `INSERT INTO social.merged_follows SELECT user_id, other_id FROM social.relationships ON CONFLICT DO NOTHING`,
    ],
    ['it is not known any more who is merged', 'DELETE FROM social.merged_authors'],
  ])('gives the same feeds when %s', async (_, wreck) => {
    const before = await rows();
    await system.sql(wreck);
    expect(await rows()).not.toEqual(before);
    await rebuild(FEED);
    expect(await rows()).toEqual(before);
  });

  it.each<[string, string]>([
    ['names were changed', `UPDATE social.people SET name = 'Wrong'`],
    [
      'somebody is missing',
      'DELETE FROM social.people WHERE id = (SELECT min(id::text)::uuid FROM social.people)',
    ],
    ['somebody was made up', `INSERT INTO social.people VALUES (gen_random_uuid(), 1, 'x', 'X', true)`],
    ['copies claim to be of the future', `UPDATE social.people SET version = version + 100, active = false`],
  ])('gives the same people when %s', async (_, wreck) => {
    const before = await rows();
    await system.sql(wreck);
    expect(await rows()).not.toEqual(before);
    await rebuild(PEOPLE);
    expect(await rows()).toEqual(before);
  });

  /** @returns what the numbers of all users add up to, without those that have none */
  const counts = () =>
    system.sql<{ id: string; posts: number; followers: number; following: number }>(
      `SELECT * FROM (
         SELECT user_id AS id, sum(posts)::int AS posts, sum(followers)::int AS followers,
                sum(following)::int AS following
         FROM social.profile_counts GROUP BY user_id) AS sums
       WHERE posts <> 0 OR followers <> 0 OR following <> 0 ORDER BY id`,
    );
  const trueCounts = () =>
    system.sql<{ id: string; posts: number; followers: number; following: number }>(
      `SELECT * FROM (
         SELECT id, (SELECT count(*) FROM social.posts WHERE author_id = people.id)::int AS posts,
                (SELECT count(*) FROM social.relationships WHERE other_id = people.id AND followed_at IS NOT NULL)::int
                  AS followers,
                (SELECT count(*) FROM social.relationships WHERE user_id = people.id AND followed_at IS NOT NULL)::int
                  AS following
         FROM social.people) AS truth
       WHERE posts <> 0 OR followers <> 0 OR following <> 0 ORDER BY id`,
    );

  it('changes no count if all counts are correct', async () => {
    const before = await counts();
    expect(before).toEqual(await trueCounts());
    expect(before).toHaveLength(6);
    expect(await rebuild(COUNTS)).toEqual({ events: 0 });
    expect(await counts()).toEqual(before);
  });

  it.each<[string, string]>([
    ['numbers are too high', 'UPDATE social.profile_counts SET followers = followers + 1000'],
    ['numbers are negative', 'UPDATE social.profile_counts SET posts = posts - 1000, following = -1'],
    ['all numbers are gone', 'DELETE FROM social.profile_counts'],
    [
      'numbers are there twice',
      `INSERT INTO social.profile_counts (user_id, posts, followers, following)
      SELECT user_id, posts, followers, following FROM social.profile_counts`,
    ],
    [
      'somebody was made up',
      `INSERT INTO social.profile_counts (user_id, posts, followers, following)
      VALUES (gen_random_uuid(), 1, 1, 1)`,
    ],
    ['it is not known any more which follows are counted', 'DELETE FROM social.counted_follows'],
    [
      'follows are counted that do not exist',
      'INSERT INTO social.counted_follows SELECT one.id, other.id FROM social.people one, social.people other ON CONFLICT DO NOTHING',
    ],
    ['it is not known any more which posts are counted', 'DELETE FROM social.counted_posts'],
    [
      'posts are counted that do not exist',
      'INSERT INTO social.counted_posts SELECT gen_random_uuid(), id FROM social.people',
    ],
    [
      'posts are counted for another author',
      'UPDATE social.counted_posts SET author_id = (SELECT min(id::text)::uuid FROM social.people)',
    ],
  ])('gives the same counts when %s', async (_, wreck) => {
    const before = await counts();
    await system.sql(wreck);
    await rebuild(COUNTS);
    expect(await counts()).toEqual(before);
    await rebuild(COUNTS);
    expect(await counts()).toEqual(before);
  });

  it('replays everything', async () => {
    const author = people[3]!;
    await system.sql(
      `INSERT INTO social.posts (id, version, author_id, title, content, tags, created_at, updated_at)
       SELECT gen_random_uuid(), 1, $1, 'T', 'C', '{}', now(), now() FROM generate_series(1, 250)`,
      [author.id],
    );
    await system.sql(
      `INSERT INTO identity.users (id, version, email, username, name, role, status, password_hash, password_version,
                                   registered_at)
       SELECT gen_random_uuid(), 1, n || '@example.com', 'many' || n, 'Many', 'user', 'active', '-', 1, now()
       FROM generate_series(1, 150) n`,
    );
    const before = await rows();
    expect(await rebuild(PEOPLE)).toEqual({ events: 6 + 150 });
    expect(await rebuild(FEED)).toEqual({ events: 18 + 5 + 250 });
    const after = await rows();
    expect(after.people!.length - before.people!.length).toBe(150);
    expect(after.feed_items!.length - before.feed_items!.length).toBe(2 * 250);
  });

  it('counts right beside a working worker while people go on following, publishing and deleting', async () => {
    const over = new AbortController();
    const rebuilding = (async () => {
      while (!over.signal.aborted) {
        await system.sql('UPDATE social.profile_counts SET followers = followers + 7, posts = posts - 3');
        await system.sql(`DELETE FROM social.counted_follows WHERE user_id::text < other_id::text`);
        await rebuild(COUNTS);
      }
      await rebuild(COUNTS);
    })();
    const posts: string[] = [];
    for (let turn = 0; turn < 40; turn += 1) {
      const [who, whom] = [people[1 + (turn % 5)]!, people[(turn * 3 + 1) % 6]!];
      const kept = posts.length > 3 && turn % 3 === 0 ? posts.shift() : undefined;
      await Promise.all([
        publish(who).then((id) => posts.push(id)),
        who === whom ? undefined : turn % 2 === 0 ? unfollow(who, whom) : follow(who, whom),
        kept && remove(kept),
      ]);
    }
    over.abort();
    await rebuilding;
    await settled();
    expect(await counts()).toEqual(await trueCounts());
  }, 240_000);

  it('ends right beside a working worker while people go on following, publishing and deleting', async () => {
    const over = new AbortController();
    const rebuilding = (async () => {
      while (!over.signal.aborted) {
        await system.sql(`DELETE FROM social.feed_items WHERE post_id::text < '8'`);
        await rebuild(FEED);
      }
      await rebuild(FEED);
    })();
    const posts: string[] = [];
    for (let turn = 0; turn < 40; turn += 1) {
      const [who, whom] = [people[1 + (turn % 5)]!, people[(turn * 3 + 1) % 6]!];
      const kept = posts.length > 3 && turn % 3 === 0 ? posts.shift() : undefined;
      await Promise.all([
        publish(who).then((id) => posts.push(id)),
        who === whom ? undefined : turn % 2 === 0 ? unfollow(who, whom) : follow(who, whom),
        kept && remove(kept),
      ]);
    }
    over.abort();
    await rebuilding;
    await settled();
    const [expected] = await system.sql(
      `SELECT (SELECT jsonb_agg(row ORDER BY row) FROM (
                 SELECT jsonb_build_array(follow.user_id, post.id) AS row
                 FROM social.relationships follow JOIN social.posts post ON post.author_id = follow.other_id
                 WHERE follow.followed_at IS NOT NULL
                   AND post.author_id NOT IN (SELECT author_id FROM social.merged_authors)) AS x) AS items,
              (SELECT jsonb_agg(row ORDER BY row) FROM (
                 SELECT jsonb_build_array(user_id, other_id) AS row FROM social.relationships
                 WHERE followed_at IS NOT NULL
                   AND other_id IN (SELECT author_id FROM social.merged_authors)) AS x) AS follows`,
    );
    const [actual] = await system.sql(
      `SELECT (SELECT jsonb_agg(row ORDER BY row) FROM (
                 SELECT jsonb_build_array(user_id, post_id) AS row FROM social.feed_items
                 WHERE author_id NOT IN (SELECT author_id FROM social.merged_authors)) AS x) AS items,
              (SELECT jsonb_agg(row ORDER BY row) FROM (
                 SELECT jsonb_build_array(user_id, author_id) AS row FROM social.merged_follows) AS x) AS follows`,
    );
    expect(actual).toEqual(expected);
  }, 240_000);

  it('removes comments whose posts were deleted by a release that left that to a constraint', async () => {
    const [post] = await system.sql<{ id: string; authorId: string }>(
      'SELECT id, author_id AS "authorId" FROM social.posts LIMIT 1',
    );
    const [kept, left] = [newId(), newId()];
    await system.sql(
      `INSERT INTO social.comments (id, version, post_id, author_id, content, created_at, updated_at)
       SELECT id, 1, post_id, $3, 'C', now(), now() FROM unnest($1::uuid[], $2::uuid[]) AS comment (id, post_id)`,
      [[kept, left], [post!.id, newId()], post!.authorId],
    );
    await rebuild(COMMENTS);
    expect(await system.sql('SELECT id FROM social.comments')).toEqual([{ id: kept }]);
  });
});
