import { enroll } from '@rookery/contexts/identity/testing';
import { hide } from '@rookery/contexts/social/testing';
import { eventually, type Person, privateSystem, served } from '@rookery/testing';

const DAY = '2026-11-21';

describe('Reading the feed', () => {
  const system = privateSystem({ FEED_FAN_OUT_LIMIT: '2' });
  let ada: Person;
  let bob: Person;

  beforeEach(async () => {
    [ada, bob] = await Promise.all([enroll(system), enroll(system)]);
  });

  const follow = (who: Person, whom: Person) =>
    system.ask(`PUT /v1/users/${whom.id}/follow`, { token: who.token });
  const publish = async (who: Person, title: string, more: { content?: string; tags?: string[] } = {}) => {
    const body = { title, content: 'Something.', ...more };
    return (await system.ask('POST /v1/posts', { token: who.token, body })).body.id as string;
  };
  /** Inserts a post with a chosen time. */
  const publishAt = (who: Person, title: string, createdAt: string, tags: string[] = []) =>
    system.fixture('social.publishAt', {
      authorId: who.id,
      draft: { title, content: 'Something.', tags },
      createdAt,
    });
  const relate = (who: Person, whom: Person, change: 'mute' | 'unmute' | 'block' | 'unfollow') =>
    system.fixture('social.relate', { userId: who.id, otherId: whom.id, change });
  /** Without a word to the worker: what is seen is what reading makes of the rows that are still there. */
  const forget = (who: Person, whom: Person, change: string) =>
    system.sql(`UPDATE social.relationships SET ${change} WHERE user_id = $1 AND other_id = $2`, [
      who.id,
      whom.id,
    ]);
  /** A search may take a second at most, which is little where a machine has much else to do. */
  const feed = (who: Person, query: Record<string, string> = {}) =>
    served(() => system.ask(`GET /v1/feed?${new URLSearchParams(query).toString()}`, { token: who.token }));
  const titles = async (who: Person, query: Record<string, string> = {}) => {
    const { status, body } = await feed(who, query);
    expect(status).toBe(200);
    return (body.data as { title: string }[]).map(({ title }) => title);
  };
  const shows = (who: Person, ...expected: string[]) =>
    eventually(async () => JSON.stringify(await titles(who)) === JSON.stringify(expected));

  it('shows own posts immediately, and those of followed users shortly after, newest first', async () => {
    await publish(bob, 'Before');
    await publish(ada, 'Own');
    expect(await titles(ada)).toEqual(['Own']);
    await follow(ada, bob);
    await publish(bob, 'After');
    await shows(ada, 'After', 'Own', 'Before');
    expect(await titles(bob)).toEqual(['After', 'Before']);
  });

  it('shows each post in the same form as when it is read alone', async () => {
    const id = await publish(bob, 'Swifts', { tags: ['birds'] });
    await follow(ada, bob);
    await shows(ada, 'Swifts');
    const alone = await system.ask(`GET /v1/posts/${id}`, { token: ada.token });
    expect((await feed(ada)).body).toEqual({ data: [alone.body], page: { nextCursor: null } });
  });

  it.each<[string, () => Promise<unknown>]>([
    ['unfollowed', () => forget(ada, bob, 'followed_at = NULL')],
    ['muted', () => relate(ada, bob, 'mute')],
    ['blocked', () => forget(ada, bob, 'followed_at = NULL, blocked_at = now()')],
    ['blocking', () => relate(bob, ada, 'block')],
    ['deleted', () => hide(system, bob)],
  ])('shows nothing any more of an author who is %s, at once', async (_, end) => {
    await publish(bob, 'Swifts', { tags: ['birds'] });
    await follow(ada, bob);
    await shows(ada, 'Swifts');
    await end();
    expect(await titles(ada)).toEqual([]);
    expect(await titles(ada, { tags: 'birds' })).toEqual([]);
    await makeLong(ada);
    expect(await titles(ada, { tags: 'birds' })).toEqual([]);
  });

  it('shows nothing any more of an author with many followers who is muted or deleted, at once', async () => {
    await followedByMany(bob);
    await follow(ada, bob);
    await publish(bob, 'Swifts');
    await shows(ada, 'Swifts');
    await relate(ada, bob, 'mute');
    expect(await titles(ada)).toEqual([]);
    await relate(ada, bob, 'unmute');
    expect(await titles(ada)).toEqual(['Swifts']);
    await hide(system, bob);
    expect(await titles(ada)).toEqual([]);
  });

  it('does not show a deleted post, even before the worker has processed the deletion', async () => {
    const id = await publish(bob, 'Swifts');
    await follow(ada, bob);
    await publish(bob, 'Swallows');
    await shows(ada, 'Swallows', 'Swifts');
    await system.sql('DELETE FROM social.posts WHERE id = $1', [id]);
    expect(await titles(ada)).toEqual(['Swallows']);
  });

  it('shows the posts of a user who was muted for a while', async () => {
    await follow(ada, bob);
    await relate(ada, bob, 'mute');
    await publish(bob, 'Swifts');
    await publish(ada, 'Own');
    await eventually(async () => (await rowsOf(bob)) === 1);
    expect(await titles(ada)).toEqual(['Own']);
    await relate(ada, bob, 'unmute');
    expect(await titles(ada)).toEqual(['Own', 'Swifts']);
  });

  it('fills its pages, however many posts of muted users are in between', async () => {
    const carol = await enroll(system);
    await follow(ada, bob);
    await follow(ada, carol);
    for (let index = 0; index < 4; index += 1) await publishAt(bob, `bob${index}`, `${DAY}T09:00:0${index}Z`);
    for (let index = 0; index < 4; index += 1)
      await publishAt(carol, `carol${index}`, `${DAY}T08:00:0${index}Z`);
    await eventually(async () => (await rowsOf(bob)) + (await rowsOf(carol)) === 8);
    await relate(ada, bob, 'mute');
    const { body } = await feed(ada, { limit: '3' });
    expect(body.data.map(({ title }: { title: string }) => title)).toEqual(['carol3', 'carol2', 'carol1']);
    const next = await feed(ada, { limit: '3', cursor: body.page.nextCursor });
    expect(next.body).toMatchObject({ data: [{ title: 'carol0' }], page: { nextCursor: null } });
  });

  describe.each([
    ['by walking through it', async () => undefined],
    ['by looking at the few posts that fit', () => makeLong(ada)],
  ])('narrowed %s', (_way, prepare) => {
    beforeEach(async () => {
      await prepare();
      await publishAt(bob, 'Swifts are back', `${DAY}T09:00:00Z`, ['birds', 'spring']);
      await publishAt(bob, 'Carp', `${DAY}T10:00:00Z`, ['fish']);
      await publishAt(ada, 'Swifts and swallows', `${DAY}T11:00:00Z`, ['birds']);
      await publishAt(bob, 'Untagged', `${DAY}T12:00:00Z`);
      await follow(ada, bob);
      await shows(ada, 'Untagged', 'Swifts and swallows', 'Carp', 'Swifts are back');
    });

    it.each<[Record<string, string>, string[]]>([
      [{ tags: 'birds' }, ['Swifts and swallows', 'Swifts are back']],
      [{ tags: 'spring,fish' }, ['Carp', 'Swifts are back']],
      [{ tags: 'Birds' }, []],
      [{ tags: '' }, ['Untagged', 'Swifts and swallows', 'Carp', 'Swifts are back']],
      [{ search: 'SWIFTS' }, ['Swifts and swallows', 'Swifts are back']],
      [{ search: '"swifts are"' }, ['Swifts are back']],
      [{ search: 'swifts -swallows' }, ['Swifts are back']],
      [{ search: 'carp or swallows' }, ['Swifts and swallows', 'Carp']],
      [{ search: '-swifts' }, ['Untagged', 'Carp']],
      [{ search: '-swifts', tags: 'fish,birds' }, ['Carp']],
      [{ search: '!&|' }, []],
      [{ search: ' ' }, ['Untagged', 'Swifts and swallows', 'Carp', 'Swifts are back']],
      [{ search: 'swifts', tags: 'spring' }, ['Swifts are back']],
      [{ since: `${DAY}T10:00:00Z` }, ['Untagged', 'Swifts and swallows', 'Carp']],
      [{ until: `${DAY}T10:00:00Z` }, ['Carp', 'Swifts are back']],
      [{ since: `${DAY} 10:00:00`, until: `${DAY} 11:00:00` }, ['Swifts and swallows', 'Carp']],
      [{ since: `${DAY}T12:00:00+02:00`, until: `${DAY}T10:00:00.5Z` }, ['Carp']],
      [{ since: `${DAY}T10:00:00.001Z`, tags: 'fish,birds' }, ['Swifts and swallows']],
      [{ sort: 'asc' }, ['Swifts are back', 'Carp', 'Swifts and swallows', 'Untagged']],
      [{ sort: 'asc', search: 'swifts' }, ['Swifts are back', 'Swifts and swallows']],
    ])('by %j shows %j, in one page or in several', async (query, expected) => {
      expect(await titles(ada, query)).toEqual(expected);
      const walked: string[] = [];
      let cursor: Record<string, string> = {};
      for (;;) {
        const { body } = await feed(ada, { ...query, ...cursor, limit: '1' });
        walked.push(...body.data.map(({ title }: { title: string }) => title));
        if (body.page.nextCursor === null) break;
        cursor = { cursor: body.page.nextCursor };
      }
      expect(walked).toEqual(expected);
    });

    it('returns the same for frequent and rare matches, in few or many posts', async () => {
      await system.sql(
        `INSERT INTO social.posts (id, version, author_id, title, content, tags, created_at, updated_at)
         SELECT gen_random_uuid(), 1, CASE WHEN n % 2 = 0 THEN $1::uuid ELSE $2::uuid END, 'Filler ' || n, 'everywhere',
                ARRAY['filler'] || CASE WHEN n % 100 = 0 THEN ARRAY['seldom'] END, to_timestamp(n), now()
         FROM generate_series(1, 3000) n`,
        [bob.id, (await enroll(system)).id],
      );
      await relate(ada, bob, 'unfollow');
      await follow(ada, bob);
      await eventually(async () => (await rowsOf(bob)) >= 1_503);
      const found = async (query: Record<string, string>) => {
        const first = await feed(ada, { ...query, limit: '10' });
        const second = await feed(ada, { ...query, limit: '10', cursor: first.body.page.nextCursor });
        return [...first.body.data, ...second.body.data].map(({ title }: { title: string }) => title);
      };
      const newest = (step: number) =>
        Array.from({ length: 20 }, (_, index) => `Filler ${3_000 - step * index}`);
      expect(await found({ tags: 'filler' })).toEqual(newest(2)); // frequent in the feed
      expect(await found({ tags: 'seldom' })).toEqual(newest(100)); // rare, in few posts
      expect(await found({ search: 'everywhere', sort: 'asc' })).toEqual(
        Array.from({ length: 20 }, (_, index) => `Filler ${2 + 2 * index}`),
      );
      await system.sql(
        `UPDATE social.posts SET tags = ARRAY['other'] WHERE title LIKE 'Filler%' AND author_id = $1
                        AND created_at > to_timestamp(100)`,
        [bob.id],
      );
      // Rare in the feed, in many posts of others.
      expect(await found({ tags: 'filler' })).toEqual(
        Array.from({ length: 20 }, (_, index) => `Filler ${100 - 2 * index}`),
      );
    });
  });

  it.each([
    ['desc', 'Old'],
    ['asc', 'New'],
  ])('ends a page early where nearly nothing matches, and leads on (%s)', async (sort, last) => {
    await system.sql(
      `INSERT INTO social.posts (id, version, author_id, title, content, tags, created_at, updated_at)
       SELECT gen_random_uuid(), 1, $1, 'Filler ' || n, 'everywhere', '{}', to_timestamp(1000 + n), now()
       FROM generate_series(1, 11000) n`,
      [bob.id],
    );
    await publishAt(bob, 'Old', '1970-01-01T00:00:00Z');
    await publishAt(ada, 'New', `${DAY}T09:00:00Z`);
    await follow(ada, bob);
    await eventually(async () => (await rowsOf(bob)) === 11_001);
    const pages: string[][] = [];
    for (let cursor: Record<string, string> = {}; ;) {
      const { body } = await feed(ada, { search: '-everywhere', limit: '1', sort, ...cursor });
      pages.push(body.data.map(({ title }: { title: string }) => title));
      if (body.page.nextCursor === null) break;
      cursor = { cursor: body.page.nextCursor };
    }
    const first = last === 'Old' ? 'New' : 'Old';
    expect(pages[0]).toEqual([first]);
    expect(pages.slice(1, -1).flat()).toEqual([]);
    expect(pages.length).toBeGreaterThan(3);
    expect(pages.at(-1)).toEqual([last]);
  });

  it.each([
    ['desc', ['New', 'Same', 'Old']],
    ['asc', ['Old', 'Same', 'New']],
  ])('ends a page early among entries of muted authors, and leads on (%s)', async (sort, expected) => {
    await system.sql(
      `INSERT INTO social.posts (id, version, author_id, title, content, tags, created_at, updated_at)
       SELECT gen_random_uuid(), 1, $1, 'Muted', 'Quiet', '{}', to_timestamp(10000 + n), now()
       FROM generate_series(1, 5000) n`,
      [bob.id],
    );
    await follow(ada, bob);
    await eventually(async () => (await rowsOf(bob)) === 5_000);
    expect((await system.ask(`PUT /v1/users/${bob.id}/mute`, { token: ada.token })).status).toBe(204);
    await publishAt(ada, 'Old', '1970-01-01T00:00:00Z');
    // At the moment of the last entry that the first page looks at.
    const last = sort === 'desc' ? 10_000 + 3_001 : 10_000 + 2_000;
    await publishAt(ada, 'Same', new Date(last * 1_000).toISOString());
    await publishAt(ada, 'New', `${DAY}T09:00:00Z`);
    for (const limit of ['1', '5']) {
      const pages: string[][] = [];
      for (let cursor: Record<string, string> = {}; ;) {
        const { body } = await feed(ada, { limit, sort, ...cursor });
        pages.push(body.data.map(({ title }: { title: string }) => title));
        if (body.page.nextCursor === null) break;
        cursor = { cursor: body.page.nextCursor };
      }
      expect(pages.flat()).toEqual(expected);
      expect(pages.length).toBeGreaterThan(2);
    }
  });

  it.each([
    ['tags', { tags: '1,2,3,4,5,6' }],
    ['tags.1', { tags: `fine,${'x'.repeat(21)}` }],
    ['search', { search: 'x'.repeat(101) }],
    ['since', { since: 'yesterday' }],
    ['since', { since: `${DAY} 25:00:00` }],
    ['until', { until: '2026-02-30T00:00:00Z' }],
    ['since', { since: `${DAY}T10:00:00Z`, until: `${DAY}T09:59:59Z` }],
    ['sort', { sort: 'random' }],
    ['limit', { limit: '101' }],
    ['offset', { offset: '20' }],
  ])('names the invalid field %s', async (path, query) => {
    expect(await feed(ada, query as Record<string, string>)).toMatchObject({
      status: 400,
      body: { code: 'request.invalid', errors: [{ path }] },
    });
  });

  it.each([
    { tags: 'birds' },
    { search: 'swifts' },
    { since: '2020-01-01T00:00:00Z' },
    { until: '2040-01-01T00:00:00Z' },
    { sort: 'asc' },
  ])('does not take the cursor of another list with %j', async (query) => {
    await publish(ada, 'One');
    await publish(ada, 'Two');
    const cursor = (await feed(ada, { limit: '1' })).body.page.nextCursor;
    expect((await feed(ada, { cursor })).status).toBe(200);
    expect((await feed(bob, { cursor })).status).toBe(400);
    expect(await feed(ada, { ...(query as object), cursor })).toMatchObject({
      status: 400,
      body: { code: 'request.invalid-cursor' },
    });
  });

  /** More entries of a merged author than the first scan looks at, at both ends; nobody sees them. */
  const makeLong = (reader: Person) =>
    system.sql(
      `WITH author AS (
         INSERT INTO social.merged_follows (user_id, author_id) VALUES ($1, gen_random_uuid()) RETURNING author_id)
       INSERT INTO social.posts (id, version, author_id, title, content, tags, created_at, updated_at)
       SELECT gen_random_uuid(), 1, author_id, 'Far', 'Away.', '{}',
              CASE n % 2 WHEN 0 THEN timestamptz '2100-01-01' ELSE '1900-01-01' END + n * interval '1 s', now()
       FROM author, generate_series(1, 300) n`,
      [reader.id],
    );

  const rowsOf = async (author: Person) => {
    const [row] = await system.sql<{ count: number }>(
      'SELECT count(*)::int AS count FROM social.feed_items WHERE author_id = $1',
      [author.id],
    );
    return row!.count;
  };

  /** Enough followers for the author to be merged on read. */
  const followedByMany = async (author: Person) => {
    for (const follower of await Promise.all([1, 2, 3].map(() => enroll(system))))
      await follow(follower, author);
  };
});
