import { enroll } from '@rookery/contexts/identity/testing';
import { publishStory } from '@rookery/contexts/stories/testing';
import { eventually, sharedSystem } from '@rookery/testing';

describe('Removing stories for good', () => {
  const system = sharedSystem();

  it('removes stories that were deleted long ago, with all their data, and no others', async () => {
    const [ada, bob] = await Promise.all([enroll(system), enroll(system)]);
    const stories = [await publishStory(system, ada), await publishStory(system, ada)];
    const [old, young] = stories.map(({ id }) => id as string) as [string, string];
    for (const id of [old, young]) {
      await system.ask(`POST /v1/stories/${id}/view`, { token: bob.token });
      await system.ask(`POST /v1/stories/${id}/reactions`, { token: bob.token, body: { emoji: '🔥' } });
      await system.ask(`POST /v1/stories/${id}/replies`, { token: bob.token, body: { text: 'Hi' } });
      await system.ask(`DELETE /v1/stories/${id}`, { token: ada.token });
    }
    await system.sql(`UPDATE stories.stories SET deleted_at = now() - interval '91 days' WHERE id = $1`, [
      old,
    ]);
    const left = async (id: string) =>
      (
        await system.sql<{ count: number }>(
          `SELECT (SELECT count(*) FROM stories.stories WHERE id = $1)::int
                + (SELECT count(*) FROM stories.story_views WHERE story_id = $1)::int
                + (SELECT count(*) FROM stories.reactions WHERE story_id = $1)::int
                + (SELECT count(*) FROM stories.replies WHERE story_id = $1)::int AS count`,
          [id],
        )
      )[0]!.count;
    await eventually(async () => {
      await system.runSchedule('stories.purge-stories');
      return (await left(old)) === 0;
    });
    expect(await left(young)).toBe(4);
  });
});
