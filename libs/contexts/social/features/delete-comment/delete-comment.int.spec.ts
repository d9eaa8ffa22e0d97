import { newId } from '@rookery/domain';
import { enroll } from '@rookery/contexts/identity/testing';
import { block, comment, publish } from '@rookery/contexts/social/testing';
import { type Person, race, sharedSystem } from '@rookery/testing';

describe('Deleting a comment', () => {
  const system = sharedSystem();
  let ada: Person;
  let bob: Person;
  let moderator: Person;
  let postId: string;
  let id: string;

  beforeAll(async () => {
    moderator = await enroll(system, { role: 'moderator' });
  });
  beforeEach(async () => {
    [ada, bob] = await Promise.all([enroll(system), enroll(system)]);
    postId = (await publish(system, ada)).id;
    id = (await comment(system, bob, postId)).id;
  });

  const remove = (who: Person, which = id) =>
    system.ask(`DELETE /v1/comments/${which}`, { token: who.token });
  const count = async () =>
    (await system.ask(`GET /v1/posts/${postId}`, { token: ada.token })).body.commentsCount as number;
  const told = () =>
    system.sql(`SELECT data FROM messaging.outbox WHERE subject = $1 AND type = 'social.comment-deleted'`, [
      id,
    ]);

  it('deletes it, decrements the count and raises an event', async () => {
    await comment(system, ada, postId);
    expect(await remove(bob)).toMatchObject({ status: 204, body: '' });
    expect(await count()).toBe(1);
    expect(await told()).toEqual([{ data: { postId, authorId: bob.id } }]);
    expect((await remove(bob)).status).toBe(404);
  });

  it('is not for others, not even for the author of the post', async () => {
    for (const who of [ada, await enroll(system)]) {
      expect(await remove(who)).toMatchObject({ status: 403, body: { code: 'auth.forbidden' } });
    }
    expect((await remove(bob, newId())).status).toBe(404);
    expect(await count()).toBe(1);
  });

  it('is 404 for others if a block hides it or its post', async () => {
    const [eve, mallory] = await Promise.all([enroll(system), enroll(system)]);
    await block(system, bob, eve);
    await block(system, ada, mallory);
    for (const who of [eve, mallory]) expect((await remove(who)).status).toBe(404);
  });

  it('lets users delete their own, also if the author of the post has blocked them', async () => {
    await block(system, ada, bob);
    expect((await remove(bob)).status).toBe(204);
  });

  it('is for moderators too, whether or not the authors have blocked them', async () => {
    await block(system, ada, moderator);
    await block(system, bob, moderator);
    expect((await remove(moderator)).status).toBe(204);
  });

  it('happens and is counted once, however many want it at once', async () => {
    await comment(system, ada, postId);
    const answers = await race(
      system,
      [bob, moderator, bob].map((who) => () => remove(who)),
    );
    expect(answers.map(({ status }) => status).toSorted((a, b) => a - b)).toEqual([204, 404, 404]);
    expect(await count()).toBe(1);
    expect(await told()).toHaveLength(1);
  });

  it('precedes a concurrent deletion of the post, or finds nothing', async () => {
    const [deleted, removed] = await race(system, [
      () => system.ask(`DELETE /v1/posts/${postId}`, { token: ada.token }),
      () => remove(bob),
    ]);
    expect(deleted!.status).toBe(204);
    expect([204, 404]).toContain(removed!.status);
  });
});
