import { newId } from '@rookery/domain';
import { enroll } from '@rookery/contexts/identity/testing';
import { inboxOf, notificationsOf } from '@rookery/contexts/notifications/testing';
import { type Person, sharedSystem } from '@rookery/testing';

describe('Reading notifications', () => {
  const system = sharedSystem();
  let ada: Person;
  let bob: Person;

  beforeEach(async () => {
    [ada, bob] = await Promise.all([enroll(system), enroll(system)]);
    for (const [who, whom] of [
      [bob, ada],
      [ada, bob],
    ] as const)
      await system.ask(`PUT /v1/users/${whom.id}/follow`, { token: who.token });
  });

  const read = (who: Person, id: string) =>
    system.ask(`PUT /v1/notifications/${id}/read`, { token: who.token });

  it('marks one as read, once', async () => {
    const [notification] = await notificationsOf(system, ada, 1);
    expect((await read(ada, notification!.id)).status).toBe(204);
    const { data, unreadCount } = await inboxOf(system, ada);
    expect(unreadCount).toBe(0);
    expect(data[0]!.readAt).not.toBeNull();
    expect((await read(ada, notification!.id)).status).toBe(204);
    expect((await inboxOf(system, ada)).data[0]!.readAt).toBe(data[0]!.readAt);
  });

  it('returns 404 for notifications of others and unknown ones', async () => {
    const [theirs] = await notificationsOf(system, bob, 1);
    for (const id of [theirs!.id, newId(), 'nothing']) {
      expect(await read(ada, id)).toMatchObject({ status: 404, body: { code: 'resource.not-found' } });
    }
    expect((await inboxOf(system, bob)).unreadCount).toBe(1);
  });

  it('marks all of them as read, but none of other users', async () => {
    await notificationsOf(system, ada, 1);
    await notificationsOf(system, bob, 1);
    expect((await system.ask('POST /v1/notifications/read-all', { token: ada.token })).status).toBe(204);
    expect((await inboxOf(system, ada)).unreadCount).toBe(0);
    expect((await inboxOf(system, ada, 'unread=true')).data).toEqual([]);
    expect((await inboxOf(system, bob)).unreadCount).toBe(1);
  });
});
