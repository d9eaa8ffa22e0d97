import { enroll } from '@rookery/contexts/identity/testing';
import { block } from '@rookery/contexts/social/testing';
import { publishStory } from '@rookery/contexts/stories/testing';
import { eventually, type Person, sharedSystem } from '@rookery/testing';
import { whilePaused } from '@rookery/testing/paused-queue';
import { TestSocket } from '@rookery/testing/connected';

describe('The author of a story gets a frame', () => {
  const system = sharedSystem();
  const sockets: TestSocket[] = [];
  let ada: Person;
  let bob: Person;
  let storyId: string;

  beforeEach(async () => {
    [ada, bob] = await Promise.all([enroll(system), enroll(system)]);
    storyId = (await publishStory(system, ada)).id;
  });
  afterEach(() => {
    for (const { socket } of sockets.splice(0)) socket.terminate();
  });

  const listen = async ({ token }: Person) => {
    const socket = await TestSocket.open(system.addresses.apiUrl, { token });
    sockets.push(socket);
    await socket.ready();
    return socket;
  };
  const ask = ({ token }: Person, act: string, body?: object) =>
    system.ask(`POST /v1/stories/${storyId}/${act}`, { token, ...(body && { body }) });
  /** Views it, reacts and replies. @returns the answers */
  const respond = async (who: Person) => [
    await ask(who, 'view'),
    await ask(who, 'reactions', { emoji: '🔥' }),
    await ask(who, 'replies', { text: 'Here too!' }),
  ];
  /** Frames about the story that anybody was sent. */
  const stored = () =>
    system.sql<{ userId: string; type: string }>(
      `SELECT user_id AS "userId", type FROM realtime.frames
       WHERE type LIKE 'story.%' AND payload ->> 'storyId' = $1 ORDER BY type`,
      [storyId],
    );
  const handled = () =>
    system.sql<{ state: string }>(
      `SELECT state FROM messaging.event_delivery JOIN messaging.outbox USING (event_id)
       WHERE subscriber = 'stories.send-response-frames' AND data ->> 'storyId' = $1 AND state <> 'pending'`,
      [storyId],
    );
  const TYPES = ['story.reacted', 'story.replied', 'story.viewed'];

  it('for views, reactions and replies, and nobody else does', async () => {
    const [carl, dora] = await Promise.all([enroll(system), enroll(system)]);
    await block(system, ada, dora);
    const author = await listen(ada);
    const others = await Promise.all([bob, carl, dora].map(listen));
    const [viewed, reacted, replied] = await respond(bob);
    expect([viewed!.status, reacted!.status, replied!.status]).toEqual([204, 201, 201]);
    await eventually(() => expect(TYPES.flatMap((type) => author.of(type))).toHaveLength(3));
    expect(TYPES.map((type) => author.of(type)[0]!.payload)).toEqual([
      { storyId, userId: bob.id, emoji: '🔥' },
      { storyId, userId: bob.id, replyId: replied!.body.id },
      { storyId, viewerId: bob.id, viewedAt: expect.stringMatching(/^\d{4}-\d\d-\d\dT.*Z$/) },
    ]);
    // For whoever is blocked there is no story to respond to.
    expect((await respond(dora)).map(({ status }) => status)).toEqual([404, 404, 404]);
    expect(await handled()).toHaveLength(3);
    expect(await stored()).toEqual(TYPES.map((type) => ({ userId: ada.id, type })));
    for (const other of others) expect(TYPES.flatMap((type) => other.of(type))).toEqual([]);
  });

  it('only for the first view, once for a repeated reaction, and not for the author’s own', async () => {
    for (let time = 0; time < 2; time += 1) {
      await ask(bob, 'view');
      await ask(bob, 'reactions', { emoji: '🔥' });
    }
    await ask(ada, 'view');
    await ask(ada, 'reactions', { emoji: '😂' });
    await ask(ada, 'replies', { text: 'Thank you!' });
    await eventually(async () => (await handled()).length === 4);
    expect(await stored()).toEqual(
      ['story.reacted', 'story.viewed'].map((type) => ({ userId: ada.id, type })),
    );
  });

  it.each<[string, () => Promise<unknown>]>([
    ['they have blocked who responded', () => system.ask(`PUT /v1/users/${bob.id}/block`, ada)],
    ['they are blocked by who responded', () => system.ask(`PUT /v1/users/${ada.id}/block`, bob)],
    ['they have deleted the story', () => system.ask(`DELETE /v1/stories/${storyId}`, ada)],
  ])('of nothing, also of what came before, once %s', async (_, act) => {
    const author = await listen(ada);
    await whilePaused(system, 'realtime', async () => {
      expect((await respond(bob)).map(({ status }) => status)).toEqual([204, 201, 201]);
      expect(await act()).toMatchObject({ status: 204 });
      expect(await handled()).toEqual([]);
    });
    await eventually(async () => (await handled()).length === 3);
    expect((await handled()).map(({ state }) => state)).toEqual(['done', 'done', 'done']);
    expect(await stored()).toEqual([]);
    expect(TYPES.flatMap((type) => author.of(type))).toEqual([]);
  });
});
