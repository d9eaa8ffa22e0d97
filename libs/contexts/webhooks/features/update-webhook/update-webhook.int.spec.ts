import { enroll } from '@rookery/contexts/identity/testing';
import { createWebhook } from '@rookery/contexts/webhooks/testing';
import { type Person, sharedSystem } from '@rookery/testing';

const URL = 'https://hooks.example.com/a';

describe('Changing and deleting a webhook', () => {
  const system = sharedSystem();
  let ada: Person;
  // eslint-disable-next-line @typescript-eslint/no-explicit-any
  let webhook: any;

  beforeEach(async () => {
    ada = await enroll(system);
    const { secret: _, ...shown } = await createWebhook(system, ada, { url: URL });
    webhook = shown;
  });

  const change = (body: object, who = ada) =>
    system.ask(`PATCH /v1/webhooks/${webhook.id}`, { token: who.token, body });
  const interests = async () =>
    (
      await system.sql<{ key: string }>(
        'SELECT key FROM messaging.interests WHERE holder = $1 ORDER BY key',
        [webhook.id],
      )
    ).map(({ key }) => key);

  it('changes the given fields', async () => {
    const changes = { url: 'https://hooks.example.com/b', events: ['social.post-created'], ordered: true };
    const { status, body } = await change(changes);
    expect({ status, body }).toEqual({
      status: 200,
      body: { ...webhook, ...changes, updatedAt: expect.any(String) },
    });
    expect(await interests()).toEqual([`social.post-created:${ada.id}`]);
  });

  it('is registered for its events while it is active, and for none after its deletion', async () => {
    expect(await interests()).toEqual([`social.user-followed:${ada.id}`]);
    expect((await change({ active: false })).body).toMatchObject({ active: false, disabledReason: 'owner' });
    expect(await interests()).toEqual([]);
    expect((await change({ active: true })).body).toMatchObject({ active: true, disabledReason: null });
    expect(await interests()).toEqual([`social.user-followed:${ada.id}`]);
    expect((await system.ask(`DELETE /v1/webhooks/${webhook.id}`, { token: ada.token })).status).toBe(204);
    expect(await interests()).toEqual([]);
    expect((await system.ask(`GET /v1/webhooks/${webhook.id}`, { token: ada.token })).status).toBe(404);
    expect((await system.ask(`DELETE /v1/webhooks/${webhook.id}`, { token: ada.token })).status).toBe(404);
  });

  it('forgets its failures when its owner activates it', async () => {
    await system.sql(
      `UPDATE webhooks.webhooks SET active = false, disabled_reason = 'failing', failures = 20, failing_since = now(),
              open_until = now() + interval '1 h' WHERE id = $1`,
      [webhook.id],
    );
    expect((await change({ ordered: true })).body).toMatchObject({
      disabledReason: 'failing',
      failingSince: expect.any(String),
    });
    expect((await change({ active: true })).body).toMatchObject({ active: true, failingSince: null });
    const [row] = await system.sql('SELECT failures, open_until FROM webhooks.webhooks WHERE id = $1', [
      webhook.id,
    ]);
    expect(row).toEqual({ failures: 0, open_until: null });
  });

  it.each([
    ['url', { url: 'x' }],
    ['events', { events: null }],
    ['events.0', { events: ['x'] }],
    ['ownerId', { ownerId: 'x' }],
    ['failures', { failures: 0 }],
  ])('names the invalid field %s', async (path, body) => {
    expect(await change(body)).toMatchObject({ status: 400, body: { errors: [{ path }] } });
  });

  it('returns 404 to others', async () => {
    const bob = await enroll(system);
    expect((await change({ active: false }, bob)).status).toBe(404);
    for (const path of ['rotate-secret', 'ping'])
      expect((await system.ask(`POST /v1/webhooks/${webhook.id}/${path}`, { token: bob.token })).status).toBe(
        404,
      );
    expect((await system.ask('GET /v1/webhooks', { token: bob.token })).body.data).toEqual([]);
  });
});
