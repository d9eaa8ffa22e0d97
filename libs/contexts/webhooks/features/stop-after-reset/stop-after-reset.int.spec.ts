import { enroll } from '@rookery/contexts/identity/testing';
import { deviceAt } from '@rookery/contexts/notifications/testing';
import { createWebhook } from '@rookery/contexts/webhooks/testing';
import { eventually, type Person, sharedSystem } from '@rookery/testing';

describe('Access that needs no sign-in', () => {
  const system = sharedSystem();

  const hold = async (person: Person) => {
    const { token } = person;
    const webhook = await createWebhook(system, person, {
      url: 'https://hooks.example.com/x',
      events: ['social.user-followed'],
    });
    const feed = await system.ask('POST /v1/me/calendar-feed', { token });
    await system.ask('POST /v1/me/push-subscriptions', {
      token,
      body: deviceAt(`https://push.example.com/${webhook.id}`),
    });
    return `GET ${new URL(feed.body.url).pathname}`;
  };
  const webhookOf = async ({ token }: Person) =>
    (await system.ask('GET /v1/webhooks', { token })).body.data[0];
  const devicesOf = async ({ id }: Person) =>
    (await system.sql('SELECT 1 FROM notifications.push_subscriptions WHERE user_id = $1', [id])).length;

  it('ends with the sessions and keys of the account, and for nobody else', async () => {
    const [admin, ada, bob] = await Promise.all([
      enroll(system, { role: 'admin' }),
      enroll(system),
      enroll(system),
    ]);
    const [adas, bobs] = [await hold(ada), await hold(bob)];
    expect((await system.ask(adas)).status).toBe(200);
    await system.ask(`DELETE /v1/admin/users/${ada.id}/sessions`, { token: admin.token });
    await eventually(async () => (await system.ask(adas)).status === 404);
    await eventually(async () => (await devicesOf(ada)) === 0);
    const stopped = () =>
      system.sql(`SELECT 1 FROM webhooks.webhooks WHERE owner_id = $1 AND disabled_reason = 'access-reset'`, [
        ada.id,
      ]);
    await eventually(async () => (await stopped()).length === 1);
    expect((await system.ask(bobs)).status).toBe(200);
    expect(await devicesOf(bob)).toBe(1);
    expect(await webhookOf(bob)).toMatchObject({ active: true });
  });
});
