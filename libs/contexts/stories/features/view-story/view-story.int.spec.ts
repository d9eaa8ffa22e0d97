import { enroll } from '@rookery/contexts/identity/testing';
import { block, leave } from '@rookery/contexts/social/testing';
import { publishStory } from '@rookery/contexts/stories/testing';
import { eventually, type Person, race, sharedSystem } from '@rookery/testing';
import { verifyWalks } from '@rookery/testing/walk';

describe('Viewing a story', () => {
  const system = sharedSystem();
  let ada: Person;
  let bob: Person;
  let storyId: string;

  beforeEach(async () => {
    [ada, bob] = await Promise.all([enroll(system), enroll(system)]);
    storyId = (await publishStory(system, ada)).id;
  });

  const view = (who: Person, id = storyId) => system.ask(`POST /v1/stories/${id}/view`, { token: who.token });
  const viewers = (who: Person, id = storyId, query = '') =>
    system.ask(`GET /v1/stories/${id}/viewers?${query}`, { token: who.token });
  const counted = (views: number) =>
    eventually(async () => {
      const { body } = await system.ask(`GET /v1/stories/${storyId}`, { token: ada.token });
      expect(body.viewsCount).toBe(views);
    });
  const raised = () =>
    system.sql<{ data: object }>(
      `SELECT data FROM messaging.outbox WHERE type = 'stories.story-viewed' AND data ->> 'storyId' = $1`,
      [storyId],
    );

  it('counts once for each user, and raises one event', async () => {
    const before = await system.metric('story_views_total');
    for (let time = 0; time < 3; time += 1) expect(await view(bob)).toMatchObject({ status: 204, body: '' });
    await counted(1);
    expect(await system.metric('story_views_total')).toBe(before + 1);
    expect(await raised()).toMatchObject([{ data: { authorId: ada.id, viewerId: bob.id } }]);
    expect((await system.ask(`GET /v1/stories/${storyId}`, { token: bob.token })).body).toMatchObject({
      viewed: true,
      viewsCount: null,
    });
  });

  it('counts once when it is repeated at the same moment', async () => {
    const answers = await race(
      system,
      Array.from({ length: 5 }, () => () => view(bob)),
    );
    expect(answers.map(({ status }) => status)).toEqual(Array<number>(5).fill(204));
    expect(await raised()).toHaveLength(1);
    await counted(1);
  });

  it('does not count for its author', async () => {
    expect((await view(ada)).status).toBe(204);
    expect(await raised()).toEqual([]);
    expect((await viewers(ada)).body.data).toEqual([]);
  });

  it('shows its viewers to the author alone, latest first', async () => {
    const [second, third] = await Promise.all([enroll(system, { name: 'Second Viewer' }), enroll(system)]);
    for (const who of [bob, second, third]) await view(who);
    const { status, body } = await viewers(ada);
    expect(status).toBe(200);
    expect(body.data.map(({ id }: { id: string }) => id)).toEqual([third.id, second.id, bob.id]);
    expect(body.data[1]).toEqual({
      id: second.id,
      username: expect.any(String),
      name: 'Second Viewer',
      viewedAt: expect.any(String),
    });
    expect(await viewers(bob)).toMatchObject({ status: 404, body: { code: 'resource.not-found' } });
  });

  it('leaves viewers out who do not exist for the author, and counts them', async () => {
    const [blocker, blocked, gone] = await Promise.all([enroll(system), enroll(system), enroll(system)]);
    for (const who of [bob, blocker, blocked, gone]) await view(who);
    await block(system, blocker, ada);
    await block(system, ada, blocked);
    await leave(system, gone);
    await counted(4);
    expect((await viewers(ada)).body.data.map(({ id }: { id: string }) => id)).toEqual([bob.id]);
  });

  it('pages through viewers without skipping or repeating', async () => {
    const people = await Promise.all(Array.from({ length: 12 }, () => enroll(system)));
    for (const who of people) await view(who); // so that their copies are there
    await verifyWalks(async () => {
      const { id: walked } = await publishStory(system, ada);
      const free = people.map(({ id }) => id);
      return {
        insert: async (times) => {
          const ids = free.splice(0, times.length);
          await system.sql(
            `INSERT INTO stories.story_views (story_id, viewer_id, story_author_id, viewed_at)
             SELECT $1, viewer, $2, timestamptz '2026-01-01' + ms * interval '1 ms'
             FROM unnest($3::uuid[], $4::int[]) AS it (viewer, ms)`,
            [walked, ada.id, ids, times.slice(0, ids.length)],
          );
          return ids;
        },
        remove: async (ids) =>
          void (await system.sql(
            'DELETE FROM stories.story_views WHERE story_id = $1 AND viewer_id = ANY ($2::uuid[])',
            [walked, ids],
          )),
        page: async (query) => {
          const { body } = await viewers(ada, walked, query);
          type Viewer = { id: string; viewedAt: string };
          const data = (body.data as Viewer[]).map(({ id, viewedAt }) => ({ id, createdAt: viewedAt }));
          return { ...body, data };
        },
      };
    });
  });
});
