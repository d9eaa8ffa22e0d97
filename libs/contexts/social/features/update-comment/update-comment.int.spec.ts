import { newId } from '@rookery/domain';
import { enroll } from '@rookery/contexts/identity/testing';
import { block, comment, leave, publish } from '@rookery/contexts/social/testing';
import { type Person, race, sharedSystem } from '@rookery/testing';

describe('Changing a comment', () => {
  const system = sharedSystem();
  let ada: Person;
  let bob: Person;
  let moderator: Person;
  // eslint-disable-next-line @typescript-eslint/no-explicit-any
  let answer: any;

  beforeAll(async () => {
    moderator = await enroll(system, { role: 'moderator' });
  });
  beforeEach(async () => {
    [ada, bob] = await Promise.all([enroll(system), enroll(system)]);
    answer = await comment(system, bob, (await publish(system, ada)).id);
  });

  const change = (who: Person, body: object, ifMatch = '*', id: string = answer.id) =>
    system.ask(`PATCH /v1/comments/${id}`, {
      token: who.token,
      body,
      ...(ifMatch !== '' && { headers: { 'if-match': ifMatch } }),
    });
  const told = () =>
    system.sql<{ data: object }>(
      `SELECT data FROM messaging.outbox WHERE subject = $1 AND type = 'social.comment-updated'`,
      [answer.id],
    );

  it('returns the changed comment with its new version, and raises an event', async () => {
    const { status, headers, body } = await change(bob, { content: 'Not here.' }, '"1"');
    expect({ status, etag: headers.etag }).toEqual({ status: 200, etag: expect.stringMatching(/^"2-/) });
    expect(body).toEqual({ ...answer, content: 'Not here.', version: 2, updatedAt: expect.any(String) });
    expect(Date.parse(body.updatedAt)).toBeGreaterThan(Date.parse(answer.updatedAt));
    const list = await system.ask(`GET /v1/posts/${answer.postId}/comments`, { token: ada.token });
    expect(list.body.data).toEqual([body]);
    expect(await told()).toEqual([{ data: { postId: answer.postId, authorId: bob.id } }]);
  });

  it('makes no new version for unchanged content', async () => {
    for (const same of [{}, { content: answer.content }]) {
      expect(await change(bob, same, '"1"')).toMatchObject({ status: 200, body: answer });
    }
    expect(await told()).toEqual([]);
  });

  it('returns 404 first, then 403, then errors of the version', async () => {
    expect((await change(ada, { content: 'Mine' }, '', newId())).status).toBe(404);
    expect((await change(ada, { content: 'Mine' }, '')).status).toBe(403); // the author of the post has no special rights
    expect((await change(bob, { content: 'New' }, '')).status).toBe(428);
    const stale = await change(bob, { content: 'New' }, '"7"');
    expect({ status: stale.status, etag: stale.headers.etag }).toEqual({ status: 412, etag: '"1"' });
    expect(await change(bob, { content: null })).toMatchObject({
      status: 400,
      body: { errors: [{ path: 'content' }] },
    });
  });

  it('is 404 if a block hides it or its post, or if its author is not active', async () => {
    const [eve, mallory] = await Promise.all([enroll(system), enroll(system)]);
    await block(system, bob, eve);
    await block(system, ada, mallory);
    for (const who of [eve, mallory]) expect((await change(who, {}, '')).status).toBe(404);
    await block(system, ada, bob);
    expect((await change(bob, { content: 'A last word' })).status).toBe(404);
    await leave(system, bob);
    expect((await change(ada, {}, '')).status).toBe(404);
  });

  it('is for moderators too, whether or not the authors have blocked them', async () => {
    await block(system, ada, moderator);
    await block(system, bob, moderator);
    expect(await change(moderator, { content: 'Moderated' }, '"1"')).toMatchObject({
      status: 200,
      body: { content: 'Moderated', author: { id: bob.id } },
    });
  });

  it('lets one of two edits of a version win and tells the other that it is stale', async () => {
    const answers = await race(
      system,
      ['One', 'Other'].map((content) => () => change(bob, { content }, '"1"')),
    );
    expect(answers.map(({ status }) => status).toSorted((a, b) => a - b)).toEqual([200, 412]);
    expect(await told()).toHaveLength(1);
  });

  it('precedes a concurrent deletion of the comment or of its post, or finds nothing', async () => {
    for (const path of [`comments/${answer.id}`, `posts/${answer.postId}`]) {
      const who = path.startsWith('posts') ? ada : bob;
      const [edited, deleted] = await race(system, [
        () => change(bob, { content: `Before ${path}` }),
        () => system.ask(`DELETE /v1/${path}`, { token: who.token }),
      ]);
      expect(deleted!.status).toBe(204);
      expect([200, 404]).toContain(edited!.status);
      expect((await system.ask(`GET /v1/comments/${answer.id}`, { token: bob.token })).status).toBe(404);
      if (path.startsWith('comments')) answer = await comment(system, bob, answer.postId);
    }
  });
});
