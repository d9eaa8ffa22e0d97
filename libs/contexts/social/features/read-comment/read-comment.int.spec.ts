import { newId } from '@rookery/domain';
import { enroll } from '@rookery/contexts/identity/testing';
import { block, comment, hide, publish } from '@rookery/contexts/social/testing';
import { type Person, sharedSystem } from '@rookery/testing';

describe('Reading a comment', () => {
  const system = sharedSystem();
  let ada: Person;
  let bob: Person;
  let eve: Person;
  let written: { id: string; content: string };

  beforeEach(async () => {
    [ada, bob, eve] = await Promise.all([enroll(system), enroll(system), enroll(system)]);
    const post = await publish(system, ada);
    written = await comment(system, bob, post.id);
  });

  const read = (who: Person, id = written.id, known = '') =>
    system.ask(`GET /v1/comments/${id}`, { token: who.token, headers: { 'if-none-match': known } });

  it('returns it as the list does, with an ETag that saves reading it again', async () => {
    const { status, headers, body } = await read(eve);
    expect({ status, body }).toEqual({ status: 200, body: written });
    expect((await read(eve, written.id, String(headers.etag))).status).toBe(304);
  });

  it('is found where its creation said', async () => {
    const post = await publish(system, ada);
    const { headers, body } = await system.ask(`POST /v1/posts/${post.id}/comments`, {
      token: bob.token,
      body: { content: 'Here too!' },
    });
    expect(headers.location).toBe(`/v1/comments/${body.id}`);
    expect((await system.ask(`GET ${headers.location as string}`, { token: eve.token })).body).toEqual(body);
  });

  it.each<[string, () => [who: Person, whom: Person]]>([
    ['its author has blocked the reader', () => [bob, eve]],
    ['the reader has blocked its author', () => [eve, bob]],
    ['the author of its post has blocked the reader', () => [ada, eve]],
    ['the reader has blocked the author of its post', () => [eve, ada]],
  ])('does not exist where %s', async (_, pair) => {
    await block(system, ...pair());
    expect(await read(eve)).toMatchObject({ status: 404, body: { code: 'resource.not-found' } });
  });

  it('does not exist if either author is gone, or if there is none', async () => {
    for (const id of [newId(), 'nothing']) expect((await read(eve, id)).status).toBe(404);
    await hide(system, ada);
    expect((await read(eve)).status).toBe(404);
  });
});
