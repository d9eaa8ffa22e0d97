import { enroll } from '@rookery/contexts/identity/testing';
import { upload } from '@rookery/contexts/media/testing';
import { highlight, publishStory } from '@rookery/contexts/stories/testing';
import { eventually, type Person, race, sharedSystem } from '@rookery/testing';

describe('Deleting a story', () => {
  const system = sharedSystem();
  let ada: Person;
  let bob: Person;

  beforeAll(async () => {
    [ada, bob] = await Promise.all([enroll(system), enroll(system)]);
  });

  const remove = (who: Person, id: string) => system.ask(`DELETE /v1/stories/${id}`, { token: who.token });
  const told = (id: string) =>
    system.sql(`SELECT data FROM messaging.outbox WHERE subject = $1 AND type = 'stories.story-deleted'`, [
      id,
    ]);

  it('is for its author: 403 for others who see it, 404 for those who do not', async () => {
    const { id } = await publishStory(system, ada);
    const { id: hidden } = await publishStory(system, ada, { visibility: 'private' });
    expect(await remove(bob, id)).toMatchObject({ status: 403, body: { code: 'auth.forbidden' } });
    expect((await remove(bob, hidden)).status).toBe(404);
    expect((await remove(ada, id)).status).toBe(204);
    expect((await remove(ada, id)).status).toBe(404);
    expect(await told(id)).toEqual([{ data: { authorId: ada.id, mediaKey: null } }]);
  });

  it('happens once, however many want it at once', async () => {
    const { id } = await publishStory(system, ada);
    const answers = await race(
      system,
      [1, 2].map(() => () => remove(ada, id)),
    );
    expect(answers.map(({ status }) => status).sort((a, b) => a - b)).toEqual([204, 404]);
    expect(await told(id)).toHaveLength(1);
  });

  it('ends the use of its media', async () => {
    const { id } = await publishStory(system, ada, { mediaKey: await upload(system, ada) });
    const { media } = (await system.ask(`GET /v1/stories/${id}`, { token: bob.token })).body;
    const ready = () =>
      eventually(async () => {
        const { body } = await system.ask(`GET /v1/stories/${id}`, { token: bob.token });
        expect(body.media.state).toBe('ready');
        return body.media.url as string;
      });
    expect(media).not.toBeNull();
    const url = await ready();
    await remove(ada, id);
    await eventually(async () => expect((await fetch(url)).status).not.toBe(200));
  });

  it('takes it out of highlights', async () => {
    const [kept, gone] = [await publishStory(system, ada), await publishStory(system, ada)];
    const { id } = await highlight(system, ada, [gone.id, kept.id]);
    await remove(ada, gone.id);
    const { body } = await system.ask(`GET /v1/highlights/${id}/stories`, { token: bob.token });
    expect(body.data.map((story: { id: string }) => story.id)).toEqual([kept.id]);
  });
});
