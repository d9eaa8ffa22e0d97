import { Rebuild } from '@rookery/application';
import { contexts } from '@rookery/contexts';
import { Snooze } from '@rookery/messaging';
import { Transaction } from '@rookery/persistence';
import { enroll } from '@rookery/contexts/identity/testing';
import { publish } from '@rookery/contexts/social/testing';
import { eventually, type Person } from '@rookery/testing';
import { ownSystem } from '@rookery/testing/own-system';
import { PostTags } from '../../storage/post-tags';

interface Use {
  tag: string;
  posts: number;
}

describe('Listing the tags of the last days', () => {
  const system = ownSystem(contexts);
  let ada: Person;

  beforeAll(async () => {
    ada = await enroll(system);
  });
  beforeEach(async () => {
    await system.sql('DELETE FROM social.posts');
    await settled();
    // Not TRUNCATE, whose locks may meet those of the schedule that folds, in another order.
    for (const table of ['post_tags', 'tag_days', 'tag_changes'])
      await system.sql(`DELETE FROM social.${table}`);
  });

  const list = (query = '') => system.ask(`GET /v1/tags?${query}`, { token: ada.token });
  const uses = async (query = '') => {
    const { status, body } = await list(query);
    expect(status).toBe(200);
    return (body.data as Use[]).map(({ tag, posts }) => [tag, posts]);
  };
  const settled = () =>
    eventually(async () => {
      const left = await system.sql(
        `SELECT 1 FROM social.tag_changes
         UNION ALL SELECT 1 FROM messaging.event_delivery WHERE state <> 'done'`,
      );
      return left.length === 0;
    });
  const rebuild = () => system.inWorker(Rebuild).run('social.project-tags');
  const tagged = async (...tags: string[]) => (await publish(system, ada, { tags })).id as string;
  const daysAgo = (days: number, ...tags: string[]) =>
    system.fixture<string>(
      'social.publishAt',
      {
        authorId: ada.id,
        draft: { title: 'T', content: 'C', tags },
        createdAt: new Date(Date.now() - days * 86_400_000).toISOString(),
      },
      'api',
    );
  const change = (id: string, tags: string[]) =>
    system.ask(`PATCH /v1/posts/${id}`, { token: ada.token, headers: { 'if-match': '*' }, body: { tags } });

  it('shows the most used first, then by name', async () => {
    for (const tags of [['birds', 'spring'], ['birds'], ['bread'], ['birds', 'bread']]) await tagged(...tags);
    await settled();
    const { body } = await list();
    expect(body).toEqual({
      data: [
        { tag: 'birds', posts: 3 },
        { tag: 'bread', posts: 2 },
        { tag: 'spring', posts: 1 },
      ],
      page: { nextCursor: null },
    });
  });

  it('counts a post of several changes once for each of its tags', async () => {
    const id = await tagged('birds', 'spring');
    await change(id, ['bread', 'spring']);
    await change(id, ['birds']);
    await settled();
    expect(await uses()).toEqual([['birds', 1]]);
  });

  it('leaves out deleted posts', async () => {
    const id = await tagged('birds');
    await tagged('birds', 'bread');
    await settled();
    await system.ask(`DELETE /v1/posts/${id}`, { token: ada.token });
    await settled();
    expect(await uses()).toEqual([
      ['birds', 1],
      ['bread', 1],
    ]);
  });

  it('counts the requested days', async () => {
    // They are those of UTC: what is published before a midnight is not of today after it.
    await eventually(() => 86_400_000 - (Date.now() % 86_400_000) > 60_000, 90_000);
    await tagged('today');
    await daysAgo(1, 'yesterday');
    await daysAgo(6, 'week');
    await daysAgo(7, 'before');
    await daysAgo(29, 'month');
    await daysAgo(30, 'gone');
    await settled();
    const names = async (query: string) => (await uses(query)).map(([tag]) => tag);
    expect(await names('days=1')).toEqual(['today']);
    expect(await names('days=2')).toEqual(['today', 'yesterday']);
    expect(await names('')).toEqual(['today', 'week', 'yesterday']);
    expect(await names('days=30')).toEqual(['before', 'month', 'today', 'week', 'yesterday']);
  });

  it('deletes counts of days that can no longer be requested', async () => {
    await system.sql(`INSERT INTO social.tag_days VALUES ('old', current_date - 40, 1)`);
    await system.runSchedule('social.fold-tag-counts');
    expect(await system.sql(`SELECT 1 FROM social.tag_days`)).toEqual([]);
  });

  it('filters by a prefix, whatever signs it has, and pages', async () => {
    for (const tags of [['birds', 'bread', 'Birds'], ['birds'], ['bi%'], ['bi_'], ['ant']])
      await tagged(...tags);
    await settled();
    expect(await uses('prefix=bi')).toEqual([
      ['birds', 2],
      ['bi%', 1],
      ['bi_', 1],
    ]);
    expect(await uses('prefix=bi%25')).toEqual([['bi%', 1]]);
    expect(await uses('prefix=nothing')).toEqual([]);
    const walked: unknown[] = [];
    let cursor = '';
    do {
      const { body } = await list(`limit=2${cursor && `&cursor=${cursor}`}`);
      walked.push(...(body.data as Use[]).map(({ tag }) => tag));
      cursor = (body.page as { nextCursor: string | null }).nextCursor ?? '';
    } while (cursor);
    expect(walked).toEqual((await uses()).map(([tag]) => tag));
    const { body } = await list('limit=2');
    expect((await list(`prefix=b&cursor=${body.page.nextCursor}`)).status).toBe(400);
  });

  it.each([
    ['days', 'days=0'],
    ['days', 'days=31'],
    ['prefix', `prefix=${'x'.repeat(21)}`],
    ['limit', 'limit=101'],
  ])('names %s when asked with "%s"', async (path, query) => {
    expect(await list(query)).toMatchObject({ status: 400, body: { errors: [{ path }] } });
  });

  it.each([
    ['rows of posts are gone', 'DELETE FROM social.post_tags'],
    ['rows are of no post', `UPDATE social.post_tags SET post_id = gen_random_uuid() WHERE tag = 'birds'`],
    ['rows are of another tag', `UPDATE social.post_tags SET tag = tag || '?'`],
    ['numbers are gone', 'DELETE FROM social.tag_days'],
    ['numbers are wrong', 'UPDATE social.tag_days SET posts = posts + 7'],
    ['there are numbers of no post', `INSERT INTO social.tag_days VALUES ('ghost', current_date, 5)`],
  ])('is rebuilt where %s', async (_, wreck) => {
    for (const tags of [['birds', 'spring'], ['birds']]) await tagged(...tags);
    await settled();
    const rows = () =>
      system.sql(
        `SELECT tag, post_id::text, created_at::text FROM social.post_tags
         UNION ALL SELECT tag, posts::text, day::text FROM social.tag_days ORDER BY 1, 2, 3`,
      );
    const before = await rows();
    await system.sql(wreck);
    expect(await rows()).not.toEqual(before);
    await rebuild();
    await settled();
    expect(await rows()).toEqual(before);
  });

  it('postpones a post that another transaction is projecting', async () => {
    const id = await tagged('birds');
    await settled();
    const [transaction, tags] = [system.inWorker(Transaction), system.inWorker(PostTags)];
    const reconcile = () => transaction.run(() => tags.reconcile(id));
    await transaction.run(async () => {
      await tags.reconcile(id);
      await expect(transaction.outside(reconcile)).rejects.toThrow(Snooze);
    });
    await reconcile();
  });

  it('ends up correct while posts are added, changed and deleted during a rebuild', async () => {
    const over = new AbortController();
    const rebuilding = (async () => {
      while (!over.signal.aborted) await rebuild();
    })();
    const expected = new Map<string, number>();
    await Promise.all(
      Array.from({ length: 4 }, async (_, lane) => {
        for (let turn = 0; turn < 6; turn += 1) {
          const id = await tagged('one', 'two');
          if ((turn + lane) % 3 === 0) await system.ask(`DELETE /v1/posts/${id}`, { token: ada.token });
          else if ((turn + lane) % 3 === 1) await change(id, ['two', 'three']);
        }
      }),
    );
    over.abort();
    await rebuilding;
    await settled();
    const stored = await system.sql<{ tag: string; posts: number }>(
      'SELECT tag, count(*)::int AS posts FROM social.posts, unnest(tags) AS tag GROUP BY tag',
    );
    for (const { tag, posts } of stored) expected.set(tag, posts);
    expect(new Map((await uses()) as [string, number][])).toEqual(expected);
  }, 240_000);
});
