import { enroll } from '@rookery/contexts/identity/testing';
import { eventually, type Person, sharedSystem } from '@rookery/testing';

const DRAFT = { title: 'Swifts are back', content: 'Saw the first three.', tags: ['birds', 'spring'] };

describe('Publishing a post', () => {
  const system = sharedSystem();
  let ada: Person;

  beforeAll(async () => {
    ada = await enroll(system);
  });

  const publish = (body: object) => system.ask('POST /v1/posts', { token: ada.token, body });

  it('returns the post, its version and its location', async () => {
    const { status, headers, body } = await publish(DRAFT);
    expect(status).toBe(201);
    expect(headers).toMatchObject({ location: `/v1/posts/${body.id}`, etag: expect.stringMatching(/^"1-/) });
    expect(body).toEqual({
      ...DRAFT,
      id: expect.any(String),
      author: { id: ada.id, username: expect.any(String), name: 'Some Person' },
      commentsCount: 0,
      likesCount: 0,
      liked: false,
      createdAt: expect.stringMatching(/^\d{4}-.*\.\d{3}Z$/),
      updatedAt: body.createdAt,
      version: 1,
    });
    const read = await system.ask(`GET ${headers.location as string}`, { token: ada.token });
    expect(read).toMatchObject({ status: 200, body });
  });

  it('raises an event', async () => {
    const { body } = await publish(DRAFT);
    const [event] = await system.sql(
      'SELECT type, data, sequence, actor_id FROM messaging.outbox WHERE subject = $1',
      [body.id],
    );
    expect(event).toEqual({
      type: 'social.post-created',
      data: { authorId: ada.id, title: DRAFT.title, tags: DRAFT.tags },
      sequence: 1,
      actor_id: ada.id,
    });
  });

  it('is possible for every active user, even if the local copy is outdated', async () => {
    const bob = await enroll(system);
    await eventually(async () => {
      const copied = await system.sql(
        `SELECT 1 FROM messaging.outbox o JOIN messaging.event_delivery d ON d.event_id = o.event_id
         WHERE o.subject = $1 GROUP BY o.subject HAVING bool_and(d.state = 'done')`,
        [bob.id],
      );
      return copied.length === 1;
    });
    await system.sql('UPDATE social.people SET version = 0, active = false WHERE id = $1', [bob.id]);
    const list = () => system.ask(`GET /v1/users/${bob.id}/posts`, { token: ada.token });
    expect(await list()).toMatchObject({ status: 200, body: { data: [] } });
    const published = await system.ask('POST /v1/posts', { token: bob.token, body: DRAFT });
    expect(published).toMatchObject({ status: 201 });
    expect((await list()).body.data).toEqual([published.body]);
  });

  it('may have no tags', async () => {
    const { status, body } = await publish({ title: 'Untagged', content: 'So be it.' });
    expect({ status, tags: body.tags }).toEqual({ status: 201, tags: [] });
  });

  it.each([
    ['title', { ...DRAFT, title: 'x'.repeat(101) }],
    ['title', { ...DRAFT, title: '   ' }],
    ['content', { ...DRAFT, content: 'x'.repeat(1_001) }],
    ['tags', { ...DRAFT, tags: ['1', '2', '3', '4', '5', '6'] }],
    ['tags', { ...DRAFT, tags: ['twice', 'twice'] }],
    ['tags.0', { ...DRAFT, tags: ['x'.repeat(21)] }],
    ['tags.0', { ...DRAFT, tags: ['one,two'] }],
    ['mood', { ...DRAFT, mood: 'glad' }],
  ])('names the invalid field %s', async (path, body) => {
    const answer = await publish(body);
    expect(answer).toMatchObject({ status: 400, body: { code: 'request.invalid', errors: [{ path }] } });
  });
});
