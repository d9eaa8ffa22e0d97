import { enroll } from '@rookery/contexts/identity/testing';
import { block, hide, like, publish } from '@rookery/contexts/social/testing';
import { eventually, type Person, sharedSystem } from '@rookery/testing';
import { verifyWalks } from '@rookery/testing/walk';

interface Listed {
  id: string;
  createdAt: string;
}

describe('Exploring posts', () => {
  const system = sharedSystem();
  const tag = `explore-${Date.now().toString(36)}`;
  let ada: Person;
  let bob: Person;
  let tags = 0;

  beforeAll(async () => {
    [ada, bob] = await Promise.all([enroll(system), enroll(system)]);
  });

  /** A tag that nobody else uses. */
  const ownTag = () => `${tag}${(tags += 1)}`;
  const list = (query: string, who = bob) => system.ask(`GET /v1/posts?${query}`, { token: who.token });
  const ids = async (query: string, who = bob) => {
    const { status, body } = await list(query, who);
    expect(status).toBe(200);
    return (body.data as Listed[]).map(({ id }) => id);
  };
  const found = (query: string, expected: readonly string[], who = bob) =>
    eventually(async () => expect(await ids(query, who)).toEqual(expected));

  it('shows the newest of everybody first, as other routes do', async () => {
    const older = await publish(system, ada);
    const newer = await publish(system, bob);
    await like(system, bob, older.id);
    const { body } = await list('limit=100', ada);
    const shown = (body.data as Listed[]).filter(({ id }) => [older.id, newer.id].includes(id));
    expect(shown.map(({ id }) => id)).toEqual([newer.id, older.id]);
    expect(shown[0]).toEqual(newer);
    const times = (body.data as Listed[]).map(({ createdAt }) => createdAt);
    expect(times).toEqual(times.toSorted().toReversed());
  });

  it('treats an empty search as no search', async () => {
    const { id } = await publish(system, ada);
    for (const query of ['search=', 'search=%20%20']) expect(await ids(`${query}&limit=100`)).toContain(id);
  });

  it('filters by any of some tags, once for a post with several', async () => {
    const [one, two] = [ownTag(), ownTag()];
    const both = (await publish(system, ada, { tags: [one, two] })).id as string;
    const first = (await publish(system, ada, { tags: [one] })).id as string;
    const second = (await publish(system, bob, { tags: [two] })).id as string;
    await found(`tags=${one}`, [first, both]);
    await found(`tags=${one},${two}`, [second, first, both]);
    await found(`tags=${one.toUpperCase()}`, []);
    const page = await list(`tags=${one},${two}&limit=2`);
    expect(page.body.data).toHaveLength(2);
    expect(await ids(`tags=${one},${two}&limit=2&cursor=${page.body.page.nextCursor}`)).toEqual([both]);
  });

  it('follows a changed tag, and a deletion at once', async () => {
    const [one, two] = [ownTag(), ownTag()];
    const { id } = await publish(system, ada, { tags: [one] });
    await found(`tags=${one}`, [id]);
    await system.ask(`PATCH /v1/posts/${id}`, {
      token: ada.token,
      headers: { 'if-match': '*' },
      body: { tags: [two] },
    });
    expect(await ids(`tags=${one}`)).toEqual([]);
    await found(`tags=${two}`, [id]);
    await system.ask(`DELETE /v1/posts/${id}`, { token: ada.token });
    expect(await ids(`tags=${two}`)).toEqual([]);
  });

  it('filters by time, inclusively', async () => {
    const one = ownTag();
    const posts: string[] = [];
    for (let day = 1; day <= 3; day += 1) {
      const createdAt = `2026-02-0${day}T12:00:00.000Z`;
      posts.push(
        await system.fixture<string>('social.publishAt', {
          authorId: ada.id,
          draft: { title: 'T', content: 'C', tags: [one] },
          createdAt,
        }),
      );
    }
    const [first, second, third] = posts as [string, string, string];
    await found(`tags=${one}`, [third, second, first]);
    const period = 'since=2026-02-01T12:00:00Z&until=2026-02-02T12:00:00Z';
    expect(await ids(`${period}&tags=${one}`)).toEqual([second, first]);
    expect((await ids(`${period}&limit=100`)).filter((id) => posts.includes(id))).toEqual([second, first]);
  });

  it('shows nothing of deleted users, and nothing between two users if one has blocked the other', async () => {
    const one = ownTag();
    const [author, blocked, blocker] = await Promise.all([enroll(system), enroll(system), enroll(system)]);
    const { id } = await publish(system, author, { tags: [one] });
    await block(system, author, blocked);
    await block(system, blocker, author);
    for (const query of [`tags=${one}`, 'limit=100']) {
      await eventually(async () => expect(await ids(query)).toContain(id));
      for (const who of [blocked, blocker]) expect(await ids(query, who)).not.toContain(id);
    }
    await hide(system, author);
    for (const query of [`tags=${one}`, 'limit=100']) expect(await ids(query)).not.toContain(id);
  });

  it('skips very many hidden posts, a limited number at a time', async () => {
    const [one, two] = [ownTag(), ownTag()];
    const hidden = await enroll(system);
    await block(system, hidden, bob);
    const post = (author: Person, count: number, tagged: string, days: number) =>
      system.sql<{ id: string }>(
        `WITH posted AS (
           INSERT INTO social.posts (id, version, author_id, title, content, tags, created_at, updated_at)
           SELECT gen_random_uuid(), 1, $1, 'Title', 'Content', ARRAY[$3::text], at, at
           FROM (SELECT now() - $4::int * interval '1 day' - nr * interval '1 ms' AS at
                 FROM generate_series(1, $2::int) nr) AS times
           RETURNING id, created_at
         ), tagged AS (
           INSERT INTO social.post_tags (tag, created_at, post_id) SELECT $3, created_at, id FROM posted)
         SELECT id FROM posted`,
        [author.id, count, tagged, days],
      );
    await post(hidden, 4_001, one, 1);
    // Beyond all that a page looks at, and in between, by another tag.
    const beyond = await post(ada, 1, one, 2);
    const between = await post(ada, 1, two, 3);
    const seen: string[] = [];
    const sizes: number[] = [];
    let cursor: string | null = null;
    do {
      const { body } = await list(`tags=${one},${two}&limit=5${cursor ? `&cursor=${cursor}` : ''}`);
      seen.push(...(body.data as Listed[]).map(({ id }) => id));
      sizes.push(body.data.length);
      cursor = body.page.nextCursor;
    } while (cursor !== null && sizes.length < 10);
    expect(seen).toEqual([beyond[0]!.id, between[0]!.id]);
    expect(sizes).toEqual([0, 0, 2]);
    expect(await ids(`tags=${two}&limit=5`)).toEqual([between[0]!.id]);
  });

  it('gets past them without tags, too', async () => {
    const hidden = await enroll(system);
    await block(system, hidden, bob);
    const post = (author: Person, count: number, day: string) =>
      system.sql<{ id: string }>(
        `INSERT INTO social.posts (id, version, author_id, title, content, tags, created_at, updated_at)
         SELECT gen_random_uuid(), 1, $1, 'Title', 'Content', '{}', at, at
         FROM (SELECT $3::timestamptz + nr * interval '1 ms' AS at FROM generate_series(1, $2::int) nr) AS times
         RETURNING id`,
        [author.id, count, day],
      );
    const [beyond] = await post(ada, 1, '1950-01-01');
    await post(hidden, 4_001, '1950-01-02');
    const [before] = await post(ada, 1, '1950-01-03');
    const pages: string[][] = [];
    for (let cursor = ''; ;) {
      const { body } = await list(`since=1950-01-01T00:00:00Z&until=1950-01-04T00:00:00Z&limit=5${cursor}`);
      pages.push((body.data as Listed[]).map(({ id }) => id));
      if (body.page.nextCursor === null) break;
      cursor = `&cursor=${body.page.nextCursor}`;
    }
    expect(pages).toEqual([[before!.id], [], [beyond!.id]]);
  });

  it('refuses a cursor of other filters', async () => {
    for (let time = 0; time < 2; time += 1) await publish(system, ada);
    const { body } = await list('limit=1');
    for (const query of ['tags=birds', 'since=2026-01-01T00:00:00Z', 'search=swifts']) {
      expect(await list(`${query}&cursor=${body.page.nextCursor}`)).toMatchObject({
        status: 400,
        body: { code: 'request.invalid-cursor' },
      });
    }
  });

  it.each(['', 'tags=walked&'])('skips and repeats nothing while posts come and go (%j)', async (filter) => {
    let year = filter === '' ? 1990 : 1960;
    await verifyWalks(async () => {
      year += 1;
      const period = `since=${year}-01-01T00:00:00Z&until=${year}-12-31T00:00:00Z`;
      return {
        insert: async (times) =>
          (
            await system.sql<{ id: string }>(
              `WITH posted AS (
                 INSERT INTO social.posts (id, version, author_id, title, content, tags, created_at, updated_at)
                 SELECT gen_random_uuid(), 1, $1, 'Title', 'Content', '{walked}', at, at
                 FROM (SELECT $2::timestamptz + ms * interval '1 ms' AS at FROM unnest($3::int[]) AS ms) AS times
                 RETURNING id, created_at
               ), tagged AS (
                 INSERT INTO social.post_tags (tag, created_at, post_id) SELECT 'walked', created_at, id FROM posted)
               SELECT id FROM posted`,
              [ada.id, `${year}-06-01T00:00:00Z`, times],
            )
          ).map(({ id }) => id),
        remove: async (removed) =>
          void (await system.sql('DELETE FROM social.posts WHERE id = ANY ($1::uuid[])', [removed])),
        page: async (query) => (await list(`${filter}${period}&${query}`)).body,
      };
    });
  });
});
