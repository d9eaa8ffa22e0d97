import { enroll } from '@rookery/contexts/identity/testing';
import { createWebhook } from '@rookery/contexts/webhooks/testing';
import { type Person, race, sharedSystem } from '@rookery/testing';

const URL = 'https://hooks.example.com/a';
const EVENTS = ['social.user-followed', 'social.post-created'];

describe('Creating a webhook', () => {
  const system = sharedSystem();
  let ada: Person;

  beforeEach(async () => {
    ada = await enroll(system);
  });

  const create = (body: object, who = ada) => system.ask('POST /v1/webhooks', { token: who.token, body });

  it('returns it with its secret, which is not shown anywhere else', async () => {
    const { status, headers, body } = await create({ url: URL, events: EVENTS });
    expect(status).toBe(201);
    expect(headers.location).toBe(`/v1/webhooks/${body.id}`);
    expect(body).toEqual({
      id: expect.any(String),
      url: URL,
      events: EVENTS,
      ordered: false,
      active: true,
      disabledReason: null,
      failingSince: null,
      previousSecretExpiresAt: null,
      createdAt: expect.any(String),
      updatedAt: expect.any(String),
      secret: expect.stringMatching(/^whsec_[A-Za-z0-9+/]{43}=$/),
    });
    const { secret, ...shown } = body;
    const one = await system.ask(`GET /v1/webhooks/${body.id}`, { token: ada.token });
    const all = await system.ask('GET /v1/webhooks', { token: ada.token });
    expect(one.body).toEqual(shown);
    expect(all.body).toEqual({ data: [shown], page: { nextCursor: null } });
    const [row] = await system.sql<{ text: string }>(
      'SELECT to_jsonb(w)::text AS text FROM webhooks.webhooks w WHERE id = $1',
      [body.id],
    );
    const bytes = Buffer.from(secret.slice('whsec_'.length), 'base64');
    expect(row!.text).not.toContain(bytes.toString('hex'));
    expect(row!.text).not.toContain(secret.slice('whsec_'.length));
  });

  it.each([
    'http://hooks.example.com/a',
    'https://127.0.0.2/a',
    'https://10.0.0.1/a',
    'https://169.254.169.254/latest/meta-data/',
    'https://[::1]/a',
    'https://localhost/a',
    'https://redis:6379/',
    'https://db.internal/a',
    'https://user:password@hooks.example.com/a',
    'https://hooks.example.com:25/a',
  ])('refuses %s, and so does a change', async (url) => {
    const refused = await create({ url, events: EVENTS });
    expect(refused).toMatchObject({
      status: 422,
      body: { code: 'webhooks.url-blocked', errors: [{ path: 'url' }] },
    });
    const { id } = await createWebhook(system, ada, { url: URL });
    const changed = await system.ask(`PATCH /v1/webhooks/${id}`, { token: ada.token, body: { url } });
    expect(changed).toMatchObject({ status: 422, body: { code: 'webhooks.url-blocked' } });
  });

  it.each([
    ['url', { url: 'no url', events: EVENTS }],
    ['url', { events: EVENTS }],
    ['events', { url: URL, events: [] }],
    ['events', { url: URL }],
    ['events.0', { url: URL, events: ['identity.password-changed'] }],
    ['events.1', { url: URL, events: ['social.user-followed', '*'] }],
    ['active', { url: URL, events: EVENTS, active: 'yes' }],
    ['secret', { url: URL, events: EVENTS, secret: 'whsec_x' }],
  ])('names the invalid field %s', async (path, body) => {
    const answer = await create(body);
    expect(answer.status).toBe(400);
    expect(answer.body.errors.map((error: { path: string }) => error.path)).toContain(path);
  });

  it('lets a user have ten, also when two are created at once', async () => {
    for (let nr = 0; nr < 9; nr += 1) await createWebhook(system, ada, { url: `${URL}${nr}` });
    const answers = await race(system, [
      () => create({ url: URL, events: EVENTS }),
      () => create({ url: URL, events: EVENTS }),
    ]);
    expect(answers.map(({ status }) => status).toSorted((a, b) => a - b)).toEqual([201, 409]);
    expect(answers.find(({ status }) => status === 409)!.body.code).toBe('webhooks.too-many');
    const { body } = await system.ask('GET /v1/webhooks?limit=4', { token: ada.token });
    const rest = await system.ask(`GET /v1/webhooks?cursor=${body.page.nextCursor}`, { token: ada.token });
    expect(new Set([...body.data, ...rest.body.data].map(({ id }) => id)).size).toBe(10);
  });

  it('leaves none active after the deletion of the account', async () => {
    const [deleted, created] = await race(system, [
      () => system.ask('DELETE /v1/me', { token: ada.token }),
      () => create({ url: URL, events: EVENTS }),
    ]);
    expect([deleted!.status, created!.status]).toEqual([202, 201]);
    const active = await system.sql('SELECT 1 FROM webhooks.webhooks WHERE owner_id = $1 AND active', [
      ada.id,
    ]);
    expect(active).toEqual([]);
  });
});
