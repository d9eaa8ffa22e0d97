import { contexts } from '@rookery/contexts';
import { eventually } from '@rookery/testing';
import { ownSystem } from '@rookery/testing/own-system';
import { runSeeds } from './seeds';

/** Content of a seeded database: the tables that seeds write to, and their events; what the worker does about
 * these comes when it comes. */
const COUNTS = `
  SELECT (SELECT count(*)::int FROM identity.users WHERE status = 'active') AS users,
         (SELECT count(*)::int FROM social.people WHERE active) AS people,
         (SELECT count(*)::int FROM social.posts) AS posts,
         (SELECT count(*)::int FROM social.comments) AS comments,
         (SELECT count(*)::int FROM messaging.outbox WHERE type = 'social.post-created') AS "postsTold",
         (SELECT count(*)::int FROM workspaces.workspaces WHERE personal_of IS NULL) AS workspaces,
         (SELECT count(*)::int FROM tales.tales) AS tales,
         (SELECT count(*)::int FROM todos.todos) AS todos,
         (SELECT count(*)::int FROM messaging.outbox WHERE causation_id IS NULL) AS events`;

describe('Demo data', () => {
  const system = ownSystem(contexts);
  beforeAll(async () => {
    await Promise.all([runSeeds(contexts), runSeeds(contexts)]);
  });

  const count = async () => (await system.sql<Record<string, number>>(COUNTS))[0]!;
  const signIn = async (who: string): Promise<{ id: string; token: string }> => {
    const { body } = await system.ask('POST /v1/auth/login', {
      body: { email: `${who}@rookery.test`, password: 'Rookery-demo-1' },
    });
    return { id: body.user.id, token: body.accessToken };
  };

  it('creates the three accounts, a hundred other users and their content, even if two processes seed at once', async () => {
    expect(await count()).toMatchObject({
      users: 103,
      people: 103,
      posts: 200,
      comments: 500,
      postsTold: 200,
      workspaces: 3,
      tales: 9,
      todos: 33,
    });
  });

  it('counts the comments of each post', async () => {
    const [{ wrong }] = (await system.sql(
      `SELECT count(*)::int AS wrong FROM social.posts
       WHERE comments_count <> (SELECT count(*) FROM social.comments WHERE post_id = posts.id)`,
    )) as [{ wrong: number }];
    expect(wrong).toBe(0);
  });

  it('does not change when seeded again', async () => {
    const before = await count();
    await runSeeds(contexts);
    expect(await count()).toEqual(before);
  });

  it.each(['user', 'moderator', 'admin'])('lets %s own a workspace and be in two others', async (who) => {
    const { token } = await signIn(who);
    const { body } = await system.ask('GET /v1/workspaces', { token });
    const shared = body.data.filter(({ personal }: { personal: boolean }) => !personal);
    expect(shared).toHaveLength(3);
    for (const { membersCount } of shared) expect(membersCount).toBe(9);
    expect(shared.map(({ role }: { role: string }) => role)).toContain('owner');
  });

  it.each(['user', 'moderator', 'admin'])(
    'lets %s read stories of their own, in two languages',
    async (who) => {
      const { token } = await signIn(who);
      const { body } = await system.ask('GET /v1/tales', { token });
      expect(body.data).toHaveLength(3);
      const languages = [];
      for (const { id } of body.data as { id: string }[]) {
        const { body: tale } = await system.ask(`GET /v1/tales/${id}`, { token });
        expect(tale).toMatchObject({ status: 'ready', generator: 'embedded', title: expect.any(String) });
        expect(tale.words).toBeGreaterThan(100);
        expect(tale.content.split('\n\n').length).toBeGreaterThan(3);
        languages.push(tale.language);
      }
      expect(languages).toEqual(['de', 'en', 'en']);
    },
  );

  it('looks realistic: unique titles, dates in the past, tags on everything', async () => {
    const [texts] = await system.sql(
      `SELECT count(DISTINCT title)::int AS titles, count(DISTINCT content)::int AS contents,
              count(DISTINCT author_id) > 50 AS "manyAuthors", min(cardinality(tags)) AS "fewestTags",
              max(created_at) < now() AS past, max(created_at) > now() - interval '1 day' AS recent,
              min(created_at) < now() - interval '5 weeks' AS "weeksAgo"
       FROM social.posts`,
    );
    expect(texts).toEqual({
      titles: 200,
      contents: 200,
      manyAuthors: true,
      fewestTags: 1,
      past: true,
      recent: true,
      weeksAgo: true,
    });
  });

  it('has no comments between users with a block', async () => {
    const [comments] = await system.sql(
      `SELECT count(DISTINCT comment.content)::int AS contents, bool_and(comment.created_at < now()) AS past,
              bool_and(comment.created_at >= post.created_at) AS answers, bool_or(block.id IS NOT NULL) AS blocked
       FROM social.comments comment JOIN social.posts post ON post.id = comment.post_id
       LEFT JOIN social.relationships block ON block.blocked_at IS NOT NULL
         AND (block.user_id, block.other_id) IN ((post.author_id, comment.author_id), (comment.author_id, post.author_id))`,
    );
    expect(comments).toEqual({ contents: 500, past: true, answers: true, blocked: false });
  });

  it.each(['user', 'moderator', 'admin'])(
    'lets %s sign in, with some follows in both directions',
    async (who) => {
      const { id, token } = await signIn(who);
      expect(token).toEqual(expect.any(String));
      const [relations] = await system.sql(
        `SELECT count(*) FILTER (WHERE user_id = $1 AND followed_at IS NOT NULL)::int AS follows,
              count(*) FILTER (WHERE other_id = $1 AND followed_at IS NOT NULL)::int AS followed,
              count(*) FILTER (WHERE user_id = $1 AND muted_at IS NOT NULL)::int AS mutes,
              count(*) FILTER (WHERE user_id = $1 AND blocked_at IS NOT NULL)::int AS blocks
       FROM social.relationships`,
        [id],
      );
      expect(relations).toMatchObject({ follows: 20, mutes: 1, blocks: 1 });
      expect((relations as { followed: number }).followed).toBeGreaterThanOrEqual(10);
    },
  );

  it.each(['user', 'moderator', 'admin'])('fills the feed of %s with what others wrote', async (who) => {
    const { id, token } = await signIn(who);
    await eventually(async () => {
      const { body } = await system.ask('GET /v1/feed', { token });
      const authors: { id: string }[] = body.data.map(({ author }: { author: { id: string } }) => author);
      return authors.length === 20 && authors.some((author) => author.id !== id);
    });
  });

  it('sends no mail', async () => {
    await eventually(async () => {
      const [{ waiting }] = (await system.sql(
        `SELECT count(*)::int AS waiting FROM messaging.event_delivery WHERE queue = 'mail' AND state <> 'done'`,
      )) as [{ waiting: number }];
      return waiting === 0;
    });
    expect(await system.inbox.of('user@rookery.test')).toEqual([]);
  });

  it('refuses production', async () => {
    const environment = process.env.NODE_ENV;
    process.env.NODE_ENV = 'production';
    try {
      await expect(runSeeds(contexts)).rejects.toThrow('Demo accounts must not be created in production.');
    } finally {
      process.env.NODE_ENV = environment;
    }
  });
});
