import { enroll } from '@rookery/contexts/identity/testing';
import { block, leave } from '@rookery/contexts/social/testing';
import { endDay, follow, highlight, publishStory } from '@rookery/contexts/stories/testing';
import { eventually, type Person, privateSystem } from '@rookery/testing';
import { verifyWalks } from '@rookery/testing/walk';

describe('The story feed', () => {
  // Of its own: it shows the public stories of everybody.
  const system = privateSystem();
  let ada: Person;
  let bob: Person;
  let eve: Person;

  beforeEach(async () => {
    [ada, bob, eve] = await Promise.all([enroll(system), enroll(system), enroll(system)]);
    await system.sql(
      'UPDATE stories.stories SET deleted_at = now(), ended_at = now() WHERE deleted_at IS NULL',
    );
  });

  const page = async ({ token }: Person, query = '') =>
    (await system.ask(`GET /v1/stories/feed?${query}`, { token })).body;
  const feed = async (who: Person, scope = 'all'): Promise<string[]> =>
    (await page(who, `scope=${scope}`)).data.map(({ id }: { id: string }) => id);
  const isFed = (who: Person, expected: string[], scope = 'all') =>
    eventually(async () => expect(await feed(who, scope)).toEqual(expected));
  const story = async (who: Person, draft: object = {}): Promise<string> =>
    (await publishStory(system, who, draft)).id;
  const friends = { visibility: 'friends' };

  it('holds every story that the caller sees, newest first; those of followed users alone if asked to', async () => {
    await follow(system, bob, ada);
    const open = await story(ada);
    const forFriends = await story(ada, friends);
    const forEve = await story(ada, { ...friends, audienceUserIds: [eve.id] });
    const forBob = await story(ada, { ...friends, audienceUserIds: [bob.id] });
    const secret = await story(ada, { visibility: 'private' });
    const foreign = await story(eve);
    const [own, ownSecret] = [await story(bob), await story(bob, { visibility: 'private' })];
    await isFed(bob, [ownSecret, own, foreign, forBob, forFriends, open]);
    await isFed(bob, [forBob, forFriends, open], 'following');
    await isFed(ada, [own, foreign, secret, forBob, forEve, forFriends, open]);
    await isFed(eve, [own, foreign, open]);
    await isFed(eve, [], 'following');
  });

  it('shows a story as the routes of the story do', async () => {
    await follow(system, bob, ada);
    const { id } = await publishStory(system, ada, friends);
    await system.ask(`POST /v1/stories/${id}/view`, { token: bob.token });
    await system.ask(`POST /v1/stories/${id}/reactions`, { token: bob.token, body: { emoji: '🔥' } });
    await eventually(async () => {
      const { body } = await system.ask(`GET /v1/stories/${id}`, { token: bob.token });
      expect(body).toMatchObject({ viewed: true, myReactions: ['🔥'], reactions: { '🔥': 1 } });
      expect((await page(bob)).data).toEqual([body]);
    });
  });

  it('shows earlier stories of a user who is followed, and none of one who is not, at once', async () => {
    const before = await story(ada, friends);
    await follow(system, bob, ada);
    await isFed(bob, [before]);
    const after = await story(ada, friends);
    await isFed(bob, [after, before]);
    await system.ask(`DELETE /v1/users/${ada.id}/follow`, { token: bob.token });
    expect(await feed(bob)).toEqual([]);
    await follow(system, bob, ada);
    await isFed(bob, [after, before]);
  });

  it.each(['all', 'following'])(
    'of scope %s bites at once: block, mute, deletion, end and a left account',
    async (scope) => {
      await follow(system, bob, ada);
      const [deleted, ended, kept] = [await story(ada, friends), await story(ada), await story(ada, friends)];
      await isFed(bob, [kept, ended, deleted], scope);
      await system.ask(`DELETE /v1/stories/${deleted}`, { token: ada.token });
      expect(await feed(bob, scope)).toEqual([kept, ended]);
      await endDay(system, ended);
      expect(await feed(bob, scope)).toEqual([kept]);
      await system.ask(`PUT /v1/users/${ada.id}/mute`, { token: bob.token });
      expect(await feed(bob, scope)).toEqual([]);
      await system.ask(`DELETE /v1/users/${ada.id}/mute`, { token: bob.token });
      expect(await feed(bob, scope)).toEqual([kept]);
      await block(system, ada, bob);
      expect(await feed(bob, scope)).toEqual([]);
      await system.sql('DELETE FROM social.relationships WHERE user_id = $1', [ada.id]);
      await isFed(bob, [kept], scope);
      await leave(system, ada);
      expect(await feed(bob, scope)).toEqual([]);
    },
  );

  it('leaves a highlighted story out after its day', async () => {
    const id = await story(ada);
    await highlight(system, ada, [id]);
    expect(await feed(bob)).toEqual([id]);
    await endDay(system, id);
    expect(await feed(bob)).toEqual([]);
  });

  it('fills the page after hidden stories, even with an old cursor', async () => {
    const shown = await story(eve);
    const first = await story(bob);
    for (let count = 0; count < 30; count += 1) await story(ada);
    const newest = await story(bob);
    await block(system, ada, bob);
    const top = await page(bob, 'limit=1');
    expect(top.data.map(({ id }: { id: string }) => id)).toEqual([newest]);
    const rest: string[] = [];
    for (let cursor = top.page.nextCursor as string | null; cursor !== null;) {
      const next = await page(bob, `limit=10&cursor=${cursor}`);
      rest.push(...next.data.map(({ id }: { id: string }) => id));
      cursor = next.page.nextCursor;
    }
    expect(rest).toEqual([first, shown]);
    await endDay(system, shown);
    const ended = await page(bob, `limit=10&cursor=${top.page.nextCursor}`);
    expect(ended.data.map(({ id }: { id: string }) => id)).toEqual([first]);
  });

  it('refuses the cursor of another scope or of another user, and an unknown scope', async () => {
    await story(ada);
    await story(ada);
    const { nextCursor } = (await page(bob, 'limit=1')).page;
    const ask = ({ token }: Person, query: string) =>
      system.ask(`GET /v1/stories/feed?cursor=${nextCursor}&${query}`, { token });
    expect((await ask(bob, 'limit=1')).status).toBe(200);
    for (const answer of [await ask(bob, 'scope=following'), await ask(eve, '')])
      expect(answer).toMatchObject({ status: 400, body: { code: 'request.invalid-cursor' } });
    expect((await system.ask('GET /v1/stories/feed?scope=some', { token: bob.token })).status).toBe(400);
  });

  it('skips and repeats nothing while stories come and go, of every kind', async () => {
    await follow(system, bob, ada);
    for (const who of [ada, bob]) await story(who); // so that the copies of their accounts are there
    await verifyWalks(async () => {
      await system.sql(
        'UPDATE stories.stories SET deleted_at = now(), ended_at = now() WHERE deleted_at IS NULL',
      );
      return {
        insert: async (times) => {
          const rows = await system.sql<{ id: string }>(
            `WITH story AS (
               INSERT INTO stories.stories (id, version, author_id, text, visibility, restricted, created_at, expires_at)
               SELECT gen_random_uuid(), 1, (ARRAY[$1, $1, $2]::uuid[])[1 + number % 3], 'Text',
                      (ARRAY['public', 'friends', 'private'])[1 + number % 3], false,
                      timestamptz '2026-01-01' + ms * interval '1 ms', now() + interval '1 hour'
               FROM unnest($3::int[]) WITH ORDINALITY AS it (ms, number) RETURNING *
             ), items AS (
               INSERT INTO stories.feed_items (user_id, story_id, author_id, created_at, friends_only)
               SELECT $2, id, author_id, created_at, visibility = 'friends' FROM story WHERE author_id = $1)
             SELECT id FROM story`,
            [ada.id, bob.id, times],
          );
          return rows.map(({ id }) => id);
        },
        remove: async (ids) =>
          void (await system.sql(
            'UPDATE stories.stories SET deleted_at = now(), ended_at = now() WHERE id = ANY ($1::uuid[])',
            [ids],
          )),
        page: (query) => page(bob, query),
      };
    });
  });
});

describe('The stories of a user', () => {
  const system = privateSystem();

  it('are those that have not ended and that the caller sees, newest first', async () => {
    const [ada, bob] = await Promise.all([enroll(system), enroll(system)]);
    const open = await publishStory(system, ada);
    const friends = await publishStory(system, ada, { visibility: 'friends' });
    const secret = await publishStory(system, ada, { visibility: 'private' });
    const ended = await publishStory(system, ada);
    await endDay(system, ended.id);
    await publishStory(system, bob);
    const list = async ({ token }: Person) => {
      const { status, body } = await system.ask(`GET /v1/users/${ada.id}/stories`, { token });
      return status === 200 ? body.data.map(({ id }: { id: string }) => id) : status;
    };
    expect(await list(ada)).toEqual([secret.id, friends.id, open.id]);
    expect(await list(bob)).toEqual([open.id]);
    await follow(system, bob, ada);
    expect(await list(bob)).toEqual([friends.id, open.id]);
    await system.ask(`PUT /v1/users/${ada.id}/block`, { token: bob.token });
    expect(await list(bob)).toBe(404);
  });
});
