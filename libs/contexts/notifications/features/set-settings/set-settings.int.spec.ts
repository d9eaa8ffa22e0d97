import { enroll } from '@rookery/contexts/identity/testing';
import { inboxOf, notificationsOf } from '@rookery/contexts/notifications/testing';
import { eventually, type Person, sharedSystem } from '@rookery/testing';

const ON = { inApp: true, push: true, webhook: false };
const OFF = { inApp: false, mail: 'off', push: false, webhook: false };

describe('Notification settings', () => {
  const system = sharedSystem();
  let ada: Person;
  let bob: Person;

  beforeEach(async () => {
    [ada, bob] = await Promise.all([enroll(system), enroll(system)]);
  });

  const read = async () => (await system.ask('GET /v1/me/notification-settings', { token: ada.token })).body;
  const set = async (own: object) =>
    system.ask('PUT /v1/me/notification-settings', {
      token: ada.token,
      body: { quietHours: null, digest: 'daily', kinds: {}, ...own },
    });
  const follow = (who: Person) => system.ask(`PUT /v1/users/${ada.id}/follow`, { token: who.token });
  const events = () =>
    system.sql<{ kind: string }>(
      `SELECT data ->> 'kind' AS kind FROM messaging.outbox
       WHERE type = 'notifications.notification-created' AND data ->> 'userId' = $1`,
      [ada.id],
    );

  it('have defaults at first', async () => {
    expect(await read()).toEqual({
      quietHours: null,
      digest: 'daily',
      kinds: {
        follow: { ...ON, mail: 'digest' },
        like: { ...ON, mail: 'off' },
        comment: { ...ON, mail: 'digest' },
        storyReaction: { ...ON, mail: 'off' },
        storyReply: { ...ON, mail: 'off' },
        taleReady: ON,
        taleFailed: { ...ON, mail: 'off' },
        workspaceInvite: ON,
        workspaceAdded: { ...ON, mail: 'digest' },
        workspaceRemoved: { ...ON, mail: 'digest' },
        workspaceRole: { ...ON, mail: 'off' },
        todoAssigned: { ...ON, mail: 'digest' },
        todosAssigned: { ...ON, mail: 'digest' },
        todoMention: { ...ON, mail: 'digest' },
        todoDueSoon: { ...ON, mail: 'immediate' },
        todoOverdue: { ...ON, mail: 'immediate' },
        todosDue: ON,
        weeklyReport: { ...ON, mail: 'immediate', push: false },
      },
    });
  });

  it('are replaced, and kinds that are left out have their defaults', async () => {
    const own = {
      quietHours: { from: '22:00', to: '07:00' },
      digest: 'weekly',
      kinds: { like: OFF },
    };
    const answer = await set(own);
    expect(answer).toMatchObject({
      status: 200,
      body: { ...own, kinds: { like: OFF, follow: { inApp: true } } },
    });
    expect(await read()).toEqual(answer.body);
    await set({});
    expect(await read()).toMatchObject({
      quietHours: null,
      kinds: { like: { inApp: true } },
    });
  });

  it.each<[string, number, string, object]>([
    [
      'quiet hours of no length',
      422,
      'notifications.quiet-hours-empty',
      { quietHours: { from: '01:00', to: '01:00' } },
    ],
    ['an invalid time', 400, 'request.invalid', { quietHours: { from: '24:00', to: '01:00' } }],
    ['an unknown kind', 400, 'request.invalid', { kinds: { poke: OFF } }],
    ['an unknown way to mail', 400, 'request.invalid', { kinds: { like: { ...OFF, mail: 'hourly' } } }],
    ['half of the channels', 400, 'request.invalid', { kinds: { like: { inApp: true } } }],
    ['a mail mode for a kind without a choice', 400, 'request.invalid', { kinds: { taleReady: OFF } }],
    [
      'a reminder in a digest',
      400,
      'request.invalid',
      { kinds: { todoOverdue: { ...OFF, mail: 'digest' } } },
    ],
    ['an unknown digest', 400, 'request.invalid', { digest: 'hourly' }],
  ])('refuse %s', async (_, status, code, own) => {
    expect(await set(own)).toMatchObject({ status, body: { code } });
    expect(await read()).toMatchObject({ quietHours: null });
  });

  it('decide which channels are used', async () => {
    const rows = () =>
      system.sql<{ in_app: boolean; digest: boolean }>(
        'SELECT in_app, digest FROM notifications.notifications WHERE user_id = $1',
        [ada.id],
      );
    await set({ kinds: { follow: { ...OFF, inApp: true, webhook: true } } });
    await follow(bob);
    await notificationsOf(system, ada, 1);
    expect(await events()).toEqual([{ kind: 'follow' }]);
    expect(await rows()).toEqual([{ in_app: true, digest: false }]);
  });

  it('keep notifications that are only mailed out of the inbox, and create none if every channel is off', async () => {
    await set({ kinds: { follow: { ...OFF, mail: 'digest' }, comment: OFF } });
    const { body: post } = await system.ask('POST /v1/posts', {
      token: ada.token,
      body: { title: 'One', content: 'Two', tags: [] },
    });
    await system.ask(`POST /v1/posts/${post.id}/comments`, { token: bob.token, body: { content: 'Hm' } });
    await follow(bob);
    await system.ask(`PUT /v1/posts/${post.id}/like`, { token: bob.token });
    expect(await notificationsOf(system, ada, 1)).toMatchObject([{ kind: 'like' }]);
    const kinds = async () =>
      (
        await system.sql<{ kind: string }>(
          'SELECT kind FROM notifications.notifications WHERE user_id = $1 ORDER BY kind',
          [ada.id],
        )
      ).map(({ kind }) => kind);
    const settled = async () =>
      (
        await system.sql(
          `SELECT 1 FROM messaging.outbox o LEFT JOIN messaging.event_delivery d USING (event_id)
           WHERE o.actor_id = $1
             AND (o.published_at IS NULL OR (d.state = 'pending' AND d.subscriber LIKE 'notifications.%'))`,
          [bob.id],
        )
      ).length === 0;
    await eventually(settled);
    expect(await kinds()).toEqual(['follow', 'like']);
    expect((await inboxOf(system, ada)).unreadCount).toBe(1);
  });
});
