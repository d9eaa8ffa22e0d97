import { enroll } from '@rookery/contexts/identity/testing';
import { endDay, publishStory, sweep } from '@rookery/contexts/stories/testing';
import { type Person, sharedSystem } from '@rookery/testing';

describe('The statistics of stories', () => {
  const system = sharedSystem();
  const stats = async ({ token }: Person, query = '') =>
    (await system.ask(`GET /v1/me/stats?${query}`, { token })).body;

  it('count stories, views, viewers and reactions of the last days, even of expired and deleted stories', async () => {
    const [ada, bob, eve] = await Promise.all([enroll(system), enroll(system), enroll(system)]);
    const stories = [
      await publishStory(system, ada),
      await publishStory(system, ada),
      await publishStory(system, ada),
    ];
    const [one, two, old] = stories.map(({ id }) => id as string) as [string, string, string];
    for (const [who, id] of [
      [bob, one],
      [bob, two],
      [eve, one],
      [bob, old],
    ] as const)
      await system.ask(`POST /v1/stories/${id}/view`, { token: who.token });
    for (const [who, emoji] of [
      [bob, '🔥'],
      [eve, '🔥'],
      [eve, '👍'],
    ] as const)
      await system.ask(`POST /v1/stories/${one}/reactions`, { token: who.token, body: { emoji } });
    await publishStory(system, bob);
    const days = (count: number) => `now() - interval '${count} days'`;
    await system.sql(`UPDATE stories.stories SET created_at = ${days(10)} WHERE id = $1`, [old]);
    await system.sql(`UPDATE stories.story_views SET viewed_at = ${days(10)} WHERE story_id = $1`, [old]);
    await endDay(system, one);
    await sweep(system, one);
    await system.ask(`DELETE /v1/stories/${two}`, { token: ada.token });
    expect(await stats(ada)).toEqual({
      posted: 2,
      views: 3,
      uniqueViewers: 2,
      reactions: { '🔥': 2, '👍': 1 },
    });
    expect(await stats(ada, 'days=30')).toMatchObject({ posted: 3, views: 4, uniqueViewers: 2 });
    expect(await stats(eve)).toEqual({ posted: 0, views: 0, uniqueViewers: 0, reactions: {} });
  });

  it('look back at most 30 days', async () => {
    const { token } = await enroll(system);
    for (const days of ['0', '31', 'x'])
      expect(await system.ask(`GET /v1/me/stats?days=${days}`, { token })).toMatchObject({
        status: 400,
        body: { errors: [{ path: 'days' }] },
      });
  });
});
