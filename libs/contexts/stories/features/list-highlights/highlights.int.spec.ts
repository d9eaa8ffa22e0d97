import { newId } from '@rookery/domain';
import { enroll } from '@rookery/contexts/identity/testing';
import { block } from '@rookery/contexts/social/testing';
import { upload } from '@rookery/contexts/media/testing';
import { endDay, follow, highlight, publishStory, sweep } from '@rookery/contexts/stories/testing';
import { eventually, type Person, race, sharedSystem } from '@rookery/testing';

describe('Highlights', () => {
  const system = sharedSystem();
  let ada: Person;
  let bob: Person;

  beforeEach(async () => {
    [ada, bob] = await Promise.all([enroll(system), enroll(system)]);
  });

  const create = (who: Person, storyIds: string[], name = 'Summer') =>
    system.ask('POST /v1/highlights', { token: who.token, body: { name, storyIds } });
  const change = (who: Person, id: string, body: object) =>
    system.ask(`PATCH /v1/highlights/${id}`, { token: who.token, body });
  const remove = (who: Person, id: string) => system.ask(`DELETE /v1/highlights/${id}`, { token: who.token });
  const list = (who: Person, query = '') => system.ask(`GET /v1/highlights?${query}`, { token: who.token });
  const read = async (who: Person, id: string) =>
    (await system.ask(`GET /v1/stories/${id}`, { token: who.token })).status;
  const deleted = async (id: string) => {
    const events = await system.sql(
      `SELECT FROM messaging.outbox WHERE subject = $1 AND type = 'stories.story-deleted'`,
      [id],
    );
    return events.length;
  };

  it('keep their stories after they expire, in their order, and are listed newest first', async () => {
    const [first, second] = [await publishStory(system, ada), await publishStory(system, ada)];
    const summer = await create(ada, [second.id, first.id]);
    expect(summer).toMatchObject({
      status: 201,
      body: { ownerId: ada.id, name: 'Summer', storyIds: [second.id, first.id] },
    });
    const winter = await create(ada, [first.id], 'Winter');
    await endDay(system, first.id, second.id);
    await sweep(system, first.id);
    await sweep(system, second.id);
    expect((await list(bob, `userId=${ada.id}`)).body.data).toEqual([winter.body, summer.body]);
    expect((await list(ada)).body.data).toEqual([winter.body, summer.body]);
    const { body } = await system.ask(`GET /v1/highlights/${summer.body.id}/stories`, { token: bob.token });
    expect(
      body.data.map(({ id, highlighted }: { id: string; highlighted: boolean }) => [id, highlighted]),
    ).toEqual([
      [second.id, true],
      [first.id, true],
    ]);
    expect((await system.ask(`GET /v1/users/${ada.id}/stories`, { token: bob.token })).body.data).toEqual([]);
  });

  it('show others only visible stories, and hide highlights without any', async () => {
    const open = await publishStory(system, ada);
    const friends = await publishStory(system, ada, { visibility: 'friends' });
    const mixed = await highlight(system, ada, [open.id, friends.id]);
    const closed = await highlight(system, ada, [friends.id]);
    const seen = async (who: Person) =>
      (await list(who, `userId=${ada.id}`)).body.data.map(
        ({ id, storyIds }: { id: string; storyIds: string[] }) => [id, storyIds],
      );
    const storiesOf = async (who: Person, { id }: { id: string }) =>
      (await system.ask(`GET /v1/highlights/${id}/stories`, { token: who.token })).status;
    expect(await seen(bob)).toEqual([[mixed.id, [open.id]]]);
    expect([await storiesOf(bob, mixed), await storiesOf(bob, closed)]).toEqual([200, 404]);
    await follow(system, bob, ada);
    expect(await seen(bob)).toEqual([
      [closed.id, [friends.id]],
      [mixed.id, [open.id, friends.id]],
    ]);
    expect(await storiesOf(bob, closed)).toBe(200);
    await block(system, ada, bob);
    expect((await list(bob, `userId=${ada.id}`)).status).toBe(404);
    expect(await storiesOf(bob, mixed)).toBe(404);
  });

  it('can contain only the owner’s visible stories', async () => {
    const [mine, others, ended, gone] = [
      await publishStory(system, ada),
      await publishStory(system, bob),
      await publishStory(system, ada),
      await publishStory(system, ada),
    ];
    await endDay(system, ended.id);
    await system.ask(`DELETE /v1/stories/${gone.id}`, { token: ada.token });
    for (const id of [others.id, ended.id, gone.id, newId()]) {
      expect(await create(ada, [mine.id, id])).toMatchObject({
        status: 422,
        body: { code: 'stories.not-highlightable', errors: [{ path: 'storyIds' }] },
      });
    }
    expect((await list(ada)).body.data).toEqual([]);
    expect((await create(ada, [])).status).toBe(400);
    expect((await create(ada, [mine.id, mine.id])).status).toBe(400);
  });

  it('are changed and deleted by their owners; for others they do not exist', async () => {
    const [one, two] = [await publishStory(system, ada), await publishStory(system, ada)];
    const { id } = await highlight(system, ada, [one.id]);
    expect(await change(ada, id, { storyIds: [two.id, one.id] })).toMatchObject({
      status: 200,
      body: { name: 'Summer', storyIds: [two.id, one.id] },
    });
    expect(await change(ada, id, { name: 'Winter' })).toMatchObject({
      status: 200,
      body: { name: 'Winter', storyIds: [two.id, one.id] },
    });
    for (const answer of [await change(bob, id, { name: 'Mine' }), await remove(bob, id)])
      expect(answer).toMatchObject({ status: 404, body: { code: 'resource.not-found' } });
    expect((await remove(ada, id)).status).toBe(204);
    expect((await remove(ada, id)).status).toBe(404);
    expect([await read(bob, one.id), await read(bob, two.id)]).toEqual([200, 200]);
  });

  it('delete an expired story with its last highlight', async () => {
    const [one, two] = [await publishStory(system, ada), await publishStory(system, ada)];
    const both = await highlight(system, ada, [one.id, two.id]);
    const first = await highlight(system, ada, [one.id]);
    await endDay(system, one.id, two.id);
    await sweep(system, one.id);
    await sweep(system, two.id);
    await remove(ada, both.id);
    expect([await read(bob, one.id), await read(bob, two.id)]).toEqual([200, 404]);
    expect([await deleted(one.id), await deleted(two.id)]).toEqual([0, 1]);
    await remove(ada, first.id);
    expect(await read(bob, one.id)).toBe(404);
    expect(await deleted(one.id)).toBe(1);
  });

  it('keep the media of an expired story until it is deleted', async () => {
    const { id } = await publishStory(system, ada, { mediaKey: await upload(system, ada) });
    const { id: unkept } = await publishStory(system, ada, { mediaKey: await upload(system, ada) });
    const urlOf = (storyId: string) =>
      eventually(async () => {
        const { body } = await system.ask(`GET /v1/stories/${storyId}`, { token: bob.token });
        expect(body.media.state).toBe('ready');
        return body.media.url as string;
      });
    const [kept, gone] = [await urlOf(id), await urlOf(unkept)];
    const held = await highlight(system, ada, [id]);
    await endDay(system, id, unkept);
    await sweep(system, id);
    await eventually(async () => expect((await fetch(gone)).status).not.toBe(200));
    expect((await fetch(kept)).status).toBe(200);
    await remove(ada, held.id);
    await eventually(async () => expect((await fetch(kept)).status).not.toBe(200));
  }, 240_000);

  it('are limited in number, even if created concurrently', async () => {
    const { id } = await publishStory(system, ada);
    await system.sql(
      `INSERT INTO stories.highlights (id, version, owner_id, name, story_ids, created_at)
       SELECT gen_random_uuid(), 1, $1, 'Many', '{}', now() FROM generate_series(1, 99)`,
      [ada.id],
    );
    const answers = await race(
      system,
      [1, 2].map(() => () => create(ada, [id])),
    );
    expect(answers.map(({ status, body }) => [status, body.code])).toEqual([
      [201, undefined],
      [422, 'stories.too-many-highlights'],
    ]);
  });

  it('count correctly when a story is added to and removed from several concurrently', async () => {
    const { id } = await publishStory(system, ada);
    const held = await Promise.all([highlight(system, ada, [id]), highlight(system, ada, [id])]);
    const other = await publishStory(system, ada);
    const answers = await race(system, [
      ...held.map((each) => () => remove(ada, each.id)),
      () => create(ada, [id, other.id]),
    ]);
    expect(answers.map(({ status }) => status)).toEqual([204, 204, 201]);
    const rows = await system.sql('SELECT highlights FROM stories.stories WHERE id = ANY ($1::uuid[])', [
      [id, other.id],
    ]);
    expect(rows).toEqual([{ highlights: 1 }, { highlights: 1 }]);
  });
});
