import { enroll } from '@rookery/contexts/identity/testing';
import { block } from '@rookery/contexts/social/testing';
import { endDay, publishStory } from '@rookery/contexts/stories/testing';
import { eventually, type Person, race, sharedSystem } from '@rookery/testing';

describe('Reacting to a story', () => {
  const system = sharedSystem();
  let ada: Person;
  let bob: Person;
  let storyId: string;

  beforeEach(async () => {
    [ada, bob] = await Promise.all([enroll(system), enroll(system)]);
    storyId = (await publishStory(system, ada)).id;
  });

  const react = (who: Person, emoji: string) =>
    system.ask(`POST /v1/stories/${storyId}/reactions`, { token: who.token, body: { emoji } });
  const withdraw = (who: Person, emoji: string) =>
    system.ask(`DELETE /v1/stories/${storyId}/reactions/${encodeURIComponent(emoji)}`, { token: who.token });
  const read = async (who: Person) =>
    (await system.ask(`GET /v1/stories/${storyId}`, { token: who.token })).body;
  const raised = async () =>
    (
      await system.sql<{ type: string }>(
        `SELECT type FROM messaging.outbox WHERE data ->> 'storyId' = $1 ORDER BY id`,
        [storyId],
      )
    ).map(({ type }) => type);

  it('returns the reaction, shows it at once and counts it', async () => {
    const before = await system.metric('reactions_total{emoji="❤️"}');
    const { status, body } = await react(bob, '❤️');
    expect({ status, body }).toEqual({
      status: 201,
      body: { id: expect.any(String), storyId, emoji: '❤️', reactedAt: expect.any(String) },
    });
    expect((await read(bob)).myReactions).toEqual(['❤️']);
    expect((await read(ada)).myReactions).toEqual([]);
    await eventually(async () => expect((await read(ada)).reactions).toEqual({ '❤️': 1 }));
    expect(await system.metric('reactions_total{emoji="❤️"}')).toBe(before + 1);
  });

  it('is one of each emoji, whatever its variation selectors, also at the same moment', async () => {
    const answers = await race(
      system,
      ['❤️', '\u2764', '\u2764\uFE0E', '❤️'].map((emoji) => () => react(bob, emoji)),
    );
    expect(new Set(answers.map(({ status, body }) => `${status} ${body.id} ${body.emoji}`)).size).toBe(1);
    expect((await react(bob, '🔥')).status).toBe(201);
    expect((await read(bob)).myReactions).toEqual(['❤️', '🔥']);
    expect(await raised()).toEqual(['stories.story-reacted', 'stories.story-reacted']);
    await eventually(async () => expect((await read(bob)).reactions).toEqual({ '❤️': 1, '🔥': 1 }));
  });

  it('returns 404 for a hidden story, whatever the emoji', async () => {
    storyId = (await publishStory(system, ada, { visibility: 'private' })).id;
    expect((await withdraw(bob, '🐦')).status).toBe(404);
    expect((await react(bob, '🐦')).status).toBe(404);
    expect((await withdraw(ada, '🐦')).body.code).toBe('stories.emoji-unknown');
  });

  it('can be withdrawn repeatedly, and added again', async () => {
    await react(bob, '😂');
    for (let time = 0; time < 2; time += 1) expect((await withdraw(bob, '😂')).status).toBe(204);
    expect((await read(bob)).myReactions).toEqual([]);
    expect(await raised()).toEqual(['stories.story-reacted', 'stories.reaction-removed']);
    await react(bob, '😂');
    await eventually(async () => expect((await read(bob)).reactions).toEqual({ '😂': 1 }));
  });

  it('can be withdrawn from a story that can no longer be seen', async () => {
    await react(bob, '😮');
    await endDay(system, storyId);
    expect((await react(bob, '😮')).status).toBe(404);
    expect((await withdraw(bob, '😮')).status).toBe(204);
    expect((await withdraw(bob, '😮')).status).toBe(404);
  });

  it.each(['👍🏽', '💜', '♥️', '❤️‍🔥', 'fire', '🔥🔥', '%F0'])('refuses %s', async (emoji) => {
    const refused = {
      status: 422,
      body: { code: 'stories.emoji-unknown', errors: [{ path: 'emoji', code: 'one-of' }] },
    };
    expect(await react(bob, emoji)).toMatchObject(refused);
    expect(await withdraw(bob, emoji)).toMatchObject(refused);
    expect(await raised()).toEqual([]);
  });

  it('does not say of a hidden story that the emoji is unknown', async () => {
    await block(system, ada, bob);
    expect((await react(bob, '💜')).status).toBe(404);
  });
});
