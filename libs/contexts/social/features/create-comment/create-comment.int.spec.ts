import { newId } from '@rookery/domain';
import { enroll } from '@rookery/contexts/identity/testing';
import { block, publish } from '@rookery/contexts/social/testing';
import { type Person, race, sharedSystem } from '@rookery/testing';

describe('Commenting on a post', () => {
  const system = sharedSystem();
  let ada: Person;
  let bob: Person;
  let postId: string;

  beforeEach(async () => {
    [ada, bob] = await Promise.all([enroll(system), enroll(system)]);
    postId = (await publish(system, ada)).id;
  });

  const add = (who: Person, body: object = { content: 'Here too!' }, id = postId) =>
    system.ask(`POST /v1/posts/${id}/comments`, { token: who.token, body });
  const count = async () =>
    (await system.ask(`GET /v1/posts/${postId}`, { token: ada.token })).body.commentsCount as number;
  const stored = () => system.sql('SELECT 1 FROM social.comments WHERE post_id = $1', [postId]);

  it('returns the comment and its version, and counts it', async () => {
    const { status, headers, body } = await add(bob, { content: '  Here too!  ' });
    expect({ status, etag: headers.etag }).toEqual({ status: 201, etag: expect.stringMatching(/^"1-/) });
    expect(body).toEqual({
      id: expect.any(String),
      postId,
      content: 'Here too!',
      author: { id: bob.id, username: expect.any(String), name: 'Some Person' },
      createdAt: expect.stringMatching(/\.\d{3}Z$/),
      updatedAt: body.createdAt,
      version: 1,
    });
    expect(await count()).toBe(1);
    const [event] = await system.sql('SELECT type, data FROM messaging.outbox WHERE subject = $1', [body.id]);
    expect(event).toEqual({ type: 'social.comment-added', data: { postId, authorId: bob.id } });
  });

  it('makes no new version of the post, but a different response', async () => {
    const read = (known = '') =>
      system.ask(`GET /v1/posts/${postId}`, { token: ada.token, headers: { 'if-none-match': known } });
    const before = await read();
    await add(bob);
    expect(await read(String(before.headers.etag))).toMatchObject({
      status: 200,
      headers: { etag: expect.stringMatching(/^"1-/) },
      body: { version: 1, commentsCount: before.body.commentsCount + 1 },
    });
  });

  it.each([
    ['content', {}],
    ['content', { content: ' ' }],
    ['content', { content: 'x'.repeat(1_001) }],
    ['mood', { content: 'Fine', mood: 'glad' }],
  ])('names the invalid field %s', async (path, body) => {
    expect(await add(bob, body)).toMatchObject({ status: 400, body: { errors: [{ path }] } });
  });

  it('returns 404 for a post that a block hides, in either direction, or that does not exist', async () => {
    const eve = await enroll(system);
    await block(system, ada, bob);
    await block(system, eve, ada);
    for (const who of [bob, eve]) expect((await add(who)).status).toBe(404);
    expect((await add(ada, { content: 'Lost' }, newId())).status).toBe(404);
    expect(await count()).toBe(0);
  });

  it('counts every one of eight at once', async () => {
    const answers = await race(
      system,
      Array.from({ length: 8 }, () => () => add(bob)),
    );
    expect(answers.map(({ status }) => status)).toEqual(Array<number>(8).fill(201));
    expect({ count: await count(), stored: (await stored()).length }).toEqual({ count: 8, stored: 8 });
  });

  it('counts right while some are added and others deleted', async () => {
    const [one, two] = [(await add(bob)).body.id, (await add(ada)).body.id];
    const answers = await race(system, [
      () => add(bob),
      () => system.ask(`DELETE /v1/comments/${one}`, { token: bob.token }),
      () => add(ada),
      () => system.ask(`DELETE /v1/comments/${two}`, { token: ada.token }),
      () => system.ask(`DELETE /v1/comments/${two}`, { token: ada.token }),
    ]);
    expect(answers.map(({ status }) => status).toSorted((a, b) => a - b)).toEqual([201, 201, 204, 204, 404]);
    expect({ count: await count(), stored: (await stored()).length }).toEqual({ count: 2, stored: 2 });
  });

  it('precedes a concurrent deletion of the post, or finds nothing', async () => {
    for (let round = 0; round < 3; round += 1) {
      postId = (await publish(system, ada)).id;
      const [deleted, ...added] = await race(system, [
        () => system.ask(`DELETE /v1/posts/${postId}`, { token: ada.token }),
        () => add(bob),
        () => add(ada),
      ]);
      expect(deleted!.status).toBe(204);
      for (const { status } of added) expect([201, 404]).toContain(status);
      expect(await stored()).toEqual([]);
    }
  });
});
