import { newId } from '@rookery/domain';
import { enroll } from '@rookery/contexts/identity/testing';
import { block, comment, publish } from '@rookery/contexts/social/testing';
import { type Person, race, sharedSystem } from '@rookery/testing';

describe('Deleting a post', () => {
  const system = sharedSystem();
  let ada: Person;
  let bob: Person;
  let moderator: Person;
  let admin: Person;
  let postId: string;

  beforeAll(async () => {
    moderator = await enroll(system, { role: 'moderator' });
    admin = await enroll(system, { role: 'admin' });
  });
  beforeEach(async () => {
    [ada, bob] = await Promise.all([enroll(system), enroll(system)]);
    postId = (await publish(system, ada)).id;
  });

  const remove = (who: Person, id = postId) => system.ask(`DELETE /v1/posts/${id}`, { token: who.token });
  const told = () =>
    system.sql(
      `SELECT type, data, sequence FROM messaging.outbox WHERE subject = $1 AND type = 'social.post-deleted'`,
      [postId],
    );

  it('deletes it with its comments, and raises an event', async () => {
    const { id } = await comment(system, bob, postId);
    expect(await remove(ada)).toMatchObject({ status: 204, body: '' });
    expect((await system.ask(`GET /v1/posts/${postId}`, { token: ada.token })).status).toBe(404);
    expect((await system.ask(`GET /v1/comments/${id}`, { token: bob.token })).status).toBe(404);
    expect(await told()).toEqual([{ type: 'social.post-deleted', data: { authorId: ada.id }, sequence: 2 }]);
  });

  it('is not for others, not even for moderators', async () => {
    for (const who of [bob, moderator]) {
      expect(await remove(who)).toMatchObject({ status: 403, body: { code: 'auth.forbidden' } });
    }
    expect(await told()).toEqual([]);
  });

  it('is 404 for users whom its author has blocked', async () => {
    await block(system, ada, bob);
    await block(system, ada, moderator);
    for (const who of [bob, moderator]) expect((await remove(who)).status).toBe(404);
    expect((await remove(ada, newId())).status).toBe(404);
  });

  it('is for admins, whether or not its author has blocked them', async () => {
    await block(system, ada, admin);
    expect((await remove(admin)).status).toBe(204);
  });

  it('happens once, however many want it at once', async () => {
    const answers = await race(
      system,
      [ada, admin].map((who) => () => remove(who)),
    );
    expect(answers.map(({ status }) => status).toSorted((a, b) => a - b)).toEqual([204, 404]);
    expect(await told()).toHaveLength(1);
  });
});
