import { enroll } from '@rookery/contexts/identity/testing';
import { block, leave } from '@rookery/contexts/social/testing';
import { publishStory } from '@rookery/contexts/stories/testing';
import { eventually, type Person, sharedSystem } from '@rookery/testing';
import { verifyWalks } from '@rookery/testing/walk';

describe('Replying to a story', () => {
  const system = sharedSystem();
  let ada: Person;
  let bob: Person;
  let storyId: string;

  beforeEach(async () => {
    [ada, bob] = await Promise.all([enroll(system), enroll(system, { name: 'Bob Bobson' })]);
    storyId = (await publishStory(system, ada)).id;
  });

  const reply = (who: Person, text = 'Here too!') =>
    system.ask(`POST /v1/stories/${storyId}/replies`, { token: who.token, body: { text } });
  const list = (who: Person, id = storyId, query = '') =>
    system.ask(`GET /v1/stories/${id}/replies?${query}`, { token: who.token });

  it('returns the reply, lists it newest first, counts it and raises an event', async () => {
    const { status, body } = await reply(bob, ' Lovely. ');
    expect({ status, body }).toMatchObject({
      status: 201,
      body: { storyId, text: 'Lovely.', author: { id: bob.id, name: 'Bob Bobson' } },
    });
    const second = await reply(ada);
    expect((await list(await enroll(system))).body.data).toEqual([second.body, body]);
    await eventually(async () => {
      const story = await system.ask(`GET /v1/stories/${storyId}`, { token: bob.token });
      expect(story.body.repliesCount).toBe(2);
    });
    const [event] = await system.sql('SELECT type, data FROM messaging.outbox WHERE subject = $1', [body.id]);
    expect(event).toEqual({
      type: 'stories.story-replied',
      data: { storyId, authorId: ada.id, userId: bob.id },
    });
  });

  it('hides replies between users of whom one has blocked the other, and of inactive users', async () => {
    const [blocker, blocked, gone] = await Promise.all([enroll(system), enroll(system), enroll(system)]);
    for (const who of [blocker, blocked, gone]) await reply(who);
    await block(system, blocker, bob);
    await block(system, bob, blocked);
    await leave(system, gone);
    const shown = await reply(bob);
    expect((await list(bob)).body.data).toEqual([shown.body]);
    expect((await list(ada)).body.data).toHaveLength(3);
  });

  it.each([
    ['an empty text', ''],
    ['a blank text', '   '],
    ['a long text', 'x'.repeat(501)],
  ])('names the field of %s', async (_, text) => {
    expect(await reply(bob, text)).toMatchObject({ status: 400, body: { errors: [{ path: 'text' }] } });
  });

  it('skips and repeats nothing while replies come and go, also those of one millisecond', async () => {
    await verifyWalks(async () => {
      const { id: walked } = await publishStory(system, ada);
      return {
        insert: async (times) =>
          (
            await system.sql<{ id: string }>(
              `INSERT INTO stories.replies (id, version, story_id, story_author_id, author_id, text, created_at)
               SELECT gen_random_uuid(), 1, $1, $2, $2, 'Text', timestamptz '2026-01-01' + ms * interval '1 ms'
               FROM unnest($3::int[]) AS ms RETURNING id`,
              [walked, ada.id, times],
            )
          ).map(({ id }) => id),
        remove: async (ids) =>
          void (await system.sql('DELETE FROM stories.replies WHERE id = ANY ($1::uuid[])', [ids])),
        page: async (query) => (await list(ada, walked, query)).body,
      };
    });
  });
});
