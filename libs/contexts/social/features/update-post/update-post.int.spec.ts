import { newId } from '@rookery/domain';
import { enroll } from '@rookery/contexts/identity/testing';
import { block, leave, publish } from '@rookery/contexts/social/testing';
import { type Person, race, sharedSystem } from '@rookery/testing';

describe('Changing a post', () => {
  const system = sharedSystem();
  let ada: Person;
  let bob: Person;
  let moderator: Person;
  // eslint-disable-next-line @typescript-eslint/no-explicit-any
  let post: any;

  beforeAll(async () => {
    moderator = await enroll(system, { role: 'moderator' });
  });
  beforeEach(async () => {
    [ada, bob] = await Promise.all([enroll(system), enroll(system)]);
    post = await publish(system, ada);
  });

  const change = (who: Person, body: object, ifMatch: string | undefined = '*', id: string = post.id) =>
    system.ask(`PATCH /v1/posts/${id}`, {
      token: who.token,
      body,
      ...(ifMatch !== '' && { headers: { 'if-match': ifMatch } }),
    });
  const read = async () => (await system.ask(`GET /v1/posts/${post.id}`, { token: ada.token })).body;
  const told = () =>
    system.sql<{ data: object; sequence: number; actor: string }>(
      `SELECT data, sequence, actor_id AS actor FROM messaging.outbox
       WHERE subject = $1 AND type = 'social.post-updated' ORDER BY id`,
      [post.id],
    );

  it('returns the changed post with its new version, and raises an event', async () => {
    const changes = { title: 'They are gone', content: 'Until May.', tags: ['autumn'] };
    const { status, headers, body } = await change(ada, changes, '"1"');
    expect({ status, etag: headers.etag }).toEqual({ status: 200, etag: expect.stringMatching(/^"2-/) });
    expect(body).toEqual({ ...post, ...changes, version: 2, updatedAt: expect.any(String) });
    expect(Date.parse(body.updatedAt)).toBeGreaterThan(Date.parse(post.updatedAt));
    expect(await read()).toEqual(body);
    expect(await told()).toEqual([
      { data: { authorId: ada.id, title: 'They are gone', tags: ['autumn'] }, sequence: 2, actor: ada.id },
    ]);
  });

  it('does not change omitted fields', async () => {
    const { body } = await change(ada, { tags: [] });
    expect(body).toMatchObject({ title: post.title, content: post.content, tags: [], version: 2 });
  });

  it('makes no new version for unchanged content', async () => {
    for (const same of [{}, { title: ` ${post.title} `, content: post.content, tags: post.tags }]) {
      expect(await change(ada, same, '"1"')).toMatchObject({ status: 200, body: post });
    }
    expect(await told()).toEqual([]);
  });

  it.each([
    ['title', { title: null }],
    ['content', { content: '' }],
    ['tags.1', { tags: ['fine', ' not'] }],
    ['authorId', { authorId: newId() }],
  ])('names the invalid field %s', async (path, body) => {
    expect(await change(ada, body)).toMatchObject({ status: 400, body: { errors: [{ path }] } });
  });

  it('returns 404 first, then 403, then errors of the version', async () => {
    expect(await change(bob, { title: 'Mine' }, '', newId())).toMatchObject({ status: 404 });
    expect(await change(bob, { title: 'Mine' }, '')).toMatchObject({
      status: 403,
      body: { code: 'auth.forbidden' },
    });
    expect(await change(ada, { title: 'New' }, '')).toMatchObject({
      status: 428,
      body: { code: 'precondition.required' },
    });
    const stale = await change(ada, { title: 'New' }, '"7"');
    expect(stale).toMatchObject({ status: 412, body: { code: 'precondition.failed' } });
    expect(stale.headers.etag).toBe('"1"');
    expect(await read()).toEqual(post);
  });

  it('is 404 for users whom its author has blocked, and for users who have blocked its author', async () => {
    await block(system, ada, bob);
    expect((await change(bob, {}, '')).status).toBe(404);
    const eve = await enroll(system);
    await block(system, eve, ada);
    expect((await change(eve, {}, '')).status).toBe(404);
  });

  it('is for moderators too, whether or not its author has blocked them', async () => {
    await block(system, ada, moderator);
    const { status, body } = await change(moderator, { title: 'Moderated' }, '"1"');
    expect({ status, body }).toMatchObject({ status: 200, body: { author: { id: ada.id }, version: 2 } });
    expect(await told()).toMatchObject([{ actor: moderator.id }]);
  });

  it('finds nothing of an author who is not active any more', async () => {
    await leave(system, ada);
    for (const who of [bob, moderator]) expect((await change(who, {}, '')).status).toBe(404);
  });

  it('lets one of two edits of a version win and tells the other that it is stale', async () => {
    const answers = await race(
      system,
      ['One', 'Other'].map((title) => () => change(ada, { title }, '"1"')),
    );
    expect(answers.map(({ status }) => status).toSorted((a, b) => a - b)).toEqual([200, 412]);
    const winner = answers.find(({ status }) => status === 200)!;
    expect(await read()).toEqual(winner.body);
    expect(await told()).toHaveLength(1);
  });

  it('applies edits of any version one after the other', async () => {
    const answers = await race(
      system,
      ['One', 'Other', 'Third'].map((title) => () => change(ada, { title })),
    );
    expect(answers.map(({ body }) => body.version).toSorted((a, b) => a - b)).toEqual([2, 3, 4]);
  });

  it('precedes a deletion that waits for it', async () => {
    const [edited, deleted] = await race(system, [
      () => change(ada, { title: 'New' }),
      () => system.ask(`DELETE /v1/posts/${post.id}`, { token: ada.token }),
    ]);
    expect([edited!.status, deleted!.status]).toEqual([200, 204]);
    expect(await read()).toMatchObject({ status: 404 });
    expect(await told()).toHaveLength(1);
  });

  it('finds nothing any more when a deletion at the same time was first', async () => {
    const [deleted, edited] = await race(system, [
      () => system.ask(`DELETE /v1/posts/${post.id}`, { token: ada.token }),
      () => change(ada, { title: 'New' }),
    ]);
    expect([deleted!.status, edited!.status]).toEqual([204, 404]);
    expect(await read()).toMatchObject({ status: 404 });
    expect(await told()).toEqual([]);
  });
});
