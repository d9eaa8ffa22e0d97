import { newId } from '@rookery/domain';
import { enroll } from '@rookery/contexts/identity/testing';
import { notificationsOf } from '@rookery/contexts/notifications/testing';
import { comment, publish } from '@rookery/contexts/social/testing';
import { createTodo } from '@rookery/contexts/todos/testing';
import { gather } from '@rookery/contexts/workspaces/testing';
import { eventually, type Person, sharedSystem } from '@rookery/testing';
import { whilePaused } from '@rookery/testing/paused-queue';

describe('Notifications by mail', () => {
  const system = sharedSystem();
  let ada: Person;
  let bob: Person;

  beforeEach(async () => {
    [ada, bob] = await Promise.all([enroll(system), enroll(system, { name: 'Bob Byte' })]);
  });

  const follow = (who: Person, whom: Person) =>
    system.ask(`PUT /v1/users/${whom.id}/follow`, { token: who.token });
  const set = (own: object) =>
    system.ask('PUT /v1/me/notification-settings', {
      token: ada.token,
      body: { quietHours: null, digest: 'daily', kinds: {}, ...own },
    });
  const settings = async () =>
    (await system.ask('GET /v1/me/notification-settings', { token: ada.token })).body;
  const immediate = { inApp: true, mail: 'immediate', push: false, webhook: false };
  const due = async () => {
    await system.sql('UPDATE notifications.digests SET due_at = now() WHERE user_id = $1', [ada.id]);
    await system.runSchedule('notifications.begin-digests');
  };
  const headersOf = async (id: string) => {
    const raw = await (await fetch(`${system.addresses.mailboxUrl}/api/messages/${id}/raw`)).text();
    return raw.slice(0, raw.indexOf('\r\n\r\n')).replaceAll(/\r\n\s+/g, ' ');
  };

  it('come in one digest when it is due, without read ones, and not again in the next', async () => {
    const post = await publish(system, ada, { title: 'On looms' });
    await comment(system, bob, post.id);
    const [read] = await notificationsOf(system, ada, 1);
    await system.ask(`PUT /v1/notifications/${read!.id}/read`, { token: ada.token });
    await comment(system, bob, post.id);
    await follow(bob, ada);
    await notificationsOf(system, ada, 3);
    const [{ hours }] = (await system.sql(
      'SELECT extract(epoch FROM due_at - now()) / 3600 AS hours FROM notifications.digests WHERE user_id = $1',
      [ada.id],
    )) as [{ hours: string }];
    expect(Number(hours)).toBeLessThanOrEqual(24);
    await due();
    const mail = await system.inbox.latest(ada.email, /What happened/);
    expect(mail.text.match(/Bob Byte/g)).toHaveLength(2);
    expect(mail.text).toContain('commented on “On looms”');
    expect(mail.text).toContain('started following you');
    await eventually(async () => {
      const waiting = await system.sql(
        'SELECT 1 FROM notifications.notifications WHERE user_id = $1 AND digest',
        [ada.id],
      );
      return waiting.length === 0;
    });
    const again = await comment(system, bob, post.id);
    expect(again.id).toBeDefined();
    await notificationsOf(system, ada, 4);
    await due();
    await eventually(async () => {
      const digests = (await system.inbox.of(ada.email)).filter(({ subject }) =>
        /What happened/.test(subject),
      );
      expect(digests.map(({ text }) => text.match(/Bob Byte/g)!.length)).toEqual([1, 2]);
    });
  });

  it('say how many more there are than they list', async () => {
    const post = await publish(system, ada, { title: 'On looms' });
    await comment(system, bob, post.id);
    await notificationsOf(system, ada, 1);
    // Copies of it with later ids, because so many requests would be rate limited.
    await system.sql(
      `WITH added AS (
         INSERT INTO notifications.notifications
           (user_id, id, kind, target_id, source_id, scope_id, actor_count, in_app, digest, created_at)
         SELECT user_id, (substr(id::text, 1, 24) || lpad(to_hex(nr), 12, '0'))::uuid, kind, target_id, source_id,
                scope_id, actor_count, in_app, digest, created_at
         FROM notifications.notifications, generate_series(1, 24) nr WHERE user_id = $1 RETURNING user_id, id)
       INSERT INTO notifications.actors SELECT user_id, id, $2, now() FROM added`,
      [ada.id, bob.id],
    );
    await due();
    const { text } = await system.inbox.latest(ada.email, /What happened/);
    expect(text.match(/Bob Byte/g)).toHaveLength(20);
    expect(text).toContain('And 5 more.');
  });

  it('contain each notification once, also if two digests of a user are sent at the same time', async () => {
    const post = await publish(system, ada, { title: 'On looms' });
    const attempted = (count: number) =>
      eventually(async () => {
        const rows = await system.sql(
          `SELECT 1 FROM messaging.event_delivery d JOIN messaging.outbox o USING (event_id)
           WHERE subscriber = 'notifications.send-digests' AND o.data -> 'userIds' ? $1 AND attempts > 0`,
          [ada.id],
        );
        return rows.length === count;
      });
    await system.inbox.refuse(ada.email, 450);
    await follow(bob, ada);
    await notificationsOf(system, ada, 1);
    await due();
    await attempted(1);
    await comment(system, bob, post.id);
    await notificationsOf(system, ada, 2);
    await due();
    await attempted(2);
    await system.inbox.accept();
    await eventually(async () => {
      const digests = (await system.inbox.of(ada.email)).filter(({ subject }) =>
        /What happened/.test(subject),
      );
      const told = digests.map(({ text }) => text.match(/following you|commented on/g));
      expect(told).toHaveLength(2);
      expect(told).toEqual(expect.arrayContaining([['following you'], ['commented on']]));
    });
  });

  it('are in German for users who prefer it', async () => {
    await system.ask('PUT /v1/me/preferences', {
      token: ada.token,
      body: { interests: [], tone: 'calm', length: 'short', language: 'de' },
    });
    await set({ kinds: { follow: immediate } });
    await follow(bob, ada);
    const mail = await system.inbox.latest(ada.email, /folgt Ihnen jetzt/);
    expect(mail.text).toContain('Abbestellen');
  });

  it('come immediately if that is chosen, with a one-click unsubscribe that needs no sign-in', async () => {
    await set({ kinds: { follow: immediate } });
    await follow(bob, ada);
    const mail = await system.inbox.latest(ada.email, /Bob Byte started following you/);
    const headers = await headersOf(mail.id);
    expect(headers).toContain('List-Unsubscribe-Post: List-Unsubscribe=One-Click');
    const url = new URL(/List-Unsubscribe: <([^>]+)>/.exec(headers)![1]!);
    expect(mail.text).toContain(`${url.origin}/unsubscribe?token=`);
    // Without APP_URL there is no page that a link could lead to.
    expect(mail.text.match(/https?:/g)).toHaveLength(1);
    expect(mail.text).toContain('in the app, in your notifications');
    // A mail program that does not know one-click opens the address in a browser.
    const { status, headers: answered } = await system.ask(`GET ${url.pathname}`);
    expect([status, answered.location, answered['referrer-policy'], answered['cache-control']]).toEqual([
      303,
      `/unsubscribe?token=${url.pathname.split('/').at(-1)}`,
      'no-referrer',
      'no-store',
    ]);
    expect((await settings()).kinds.follow.mail).toBe('immediate');
    const click = (path: string) =>
      system.ask(`POST ${path}`, {
        body: 'List-Unsubscribe=One-Click',
        headers: { 'content-type': 'application/x-www-form-urlencoded' },
      });
    expect((await click(`${url.pathname}x`)).status).toBe(404);
    expect((await settings()).kinds.follow.mail).toBe('immediate');
    expect((await click(url.pathname)).status).toBe(204);
    expect((await click(url.pathname)).status).toBe(204);
    expect((await settings()).kinds).toMatchObject({
      follow: { ...immediate, mail: 'off' },
      comment: { mail: 'digest' },
    });
    const page = await system.ask('GET /unsubscribe?token=x');
    expect(page).toMatchObject({ status: 200, headers: { 'referrer-policy': 'no-referrer' } });
  });

  it('include no digests after a one-click unsubscribe, also if kinds with their own mails wait', async () => {
    await follow(bob, ada);
    await notificationsOf(system, ada, 1);
    await due();
    const { id } = await system.inbox.latest(ada.email, /What happened/);
    const url = new URL(/List-Unsubscribe: <([^>]+)>/.exec(await headersOf(id))![1]!);
    const todo = await createTodo(system, ada, await gather(system, ada));
    await system.sql(
      `INSERT INTO notifications.notifications
         (user_id, id, kind, target_id, scope_id, actor_count, in_app, digest, created_at)
       VALUES ($1, $2, 'todoDueSoon', $3, $4, 0, false, true, now())`,
      [ada.id, newId(), todo.id, todo.workspaceId],
    );
    expect((await system.ask(`POST ${url.pathname}`)).status).toBe(204);
    expect((await settings()).kinds.todoDueSoon.mail).toBe('immediate');
    await system.sql('INSERT INTO notifications.digests (user_id, due_at) VALUES ($1, now())', [ada.id]);
    await due();
    await eventually(async () => {
      const waiting = await system.sql(
        'SELECT 1 FROM notifications.notifications WHERE user_id = $1 AND digest',
        [ada.id],
      );
      return waiting.length === 0;
    });
    const digests = (await system.inbox.of(ada.email)).filter(({ subject }) => /What happened/.test(subject));
    expect(digests).toHaveLength(1);
  });

  it('wait during the quiet hours in the time zone of the recipient', async () => {
    const [from, to] = [-1, 1].map((hours) =>
      new Date(Date.now() + hours * 3_600_000).toISOString().slice(11, 16),
    );
    await set({ quietHours: { from, to }, kinds: { follow: immediate } });
    await follow(bob, ada);
    await eventually(async () => {
      const waiting = await system.sql(
        `SELECT 1 FROM messaging.event_delivery d JOIN messaging.outbox o USING (event_id)
         WHERE subscriber = 'notifications.send-notification-mail' AND d.state = 'pending'
           AND o.data ->> 'userId' = $1 AND due_at > now() + interval '50 minutes'`,
        [ada.id],
      );
      return waiting.length === 1;
    });
    expect((await system.inbox.of(ada.email)).filter(({ subject }) => /following you/.test(subject))).toEqual(
      [],
    );
  });

  it('do not wait behind a refused one, which fails and is sent after a redrive', async () => {
    const eve = await enroll(system);
    const all = { quietHours: null, digest: 'daily', kinds: { follow: immediate } };
    await set({ kinds: { follow: immediate } });
    await system.ask('PUT /v1/me/notification-settings', { token: eve.token, body: all });
    await system.inbox.refuse(eve.email, 550);
    await follow(bob, eve);
    await follow(bob, ada);
    await system.inbox.latest(ada.email, /Bob Byte started following you/);
    const deliveries = () =>
      system.sql<{ state: string; queue: string }>(
        `SELECT d.state, d.queue FROM messaging.event_delivery d JOIN messaging.outbox o USING (event_id)
         WHERE subscriber = 'notifications.send-notification-mail' AND o.data ->> 'userId' = $1`,
        [eve.id],
      );
    const mails = async () =>
      (await system.inbox.of(eve.email)).filter(({ subject }) => /following you/.test(subject));
    await eventually(async () => {
      expect(await deliveries()).toEqual([{ state: 'dead', queue: 'bulk-mail' }]);
    });
    expect(await mails()).toEqual([]);
    await system.inbox.accept();
    // What an operator's redrive does; a second one finds nothing dead.
    const redrive = () =>
      system.sql(
        `UPDATE messaging.event_delivery d SET state = 'pending', attempts = 0, finished_at = NULL,
                due_at = now() - interval '2 min'
         FROM messaging.outbox o WHERE o.event_id = d.event_id AND d.state = 'dead'
           AND subscriber = 'notifications.send-notification-mail' AND o.data ->> 'userId' = $1 RETURNING 1`,
        [eve.id],
      );
    expect(await redrive()).toHaveLength(1);
    await eventually(async () => (await deliveries())[0]!.state === 'done');
    expect(await redrive()).toHaveLength(0);
    expect(await mails()).toHaveLength(1);
  });

  describe('that wait', () => {
    const deliveries = () =>
      system.sql<{ state: string; attempts: number }>(
        `SELECT d.state, d.attempts FROM messaging.event_delivery d JOIN messaging.outbox o USING (event_id)
         WHERE subscriber = 'notifications.send-notification-mail' AND o.data ->> 'userId' = $1`,
        [ada.id],
      );
    const mails = async (subject: RegExp) =>
      (await system.inbox.of(ada.email)).filter((mail) => subject.test(mail.subject));
    /** Makes a mail wait for the mail server, changes the settings, and lets it be retried. */
    const switchMeanwhile = async (mail: 'off' | 'digest') => {
      await set({ kinds: { follow: immediate } });
      await system.inbox.refuse(ada.email, 450);
      await follow(bob, ada);
      await eventually(async () => (await deliveries())[0]!.attempts > 0);
      await set({ kinds: { follow: { ...immediate, mail } } });
      await system.inbox.accept();
      await eventually(async () => (await deliveries())[0]!.state === 'done');
    };

    it('are not sent if they were turned off meanwhile', async () => {
      await switchMeanwhile('off');
      expect(await mails(/following you/)).toEqual([]);
    });

    it('are in the next digest if that was chosen meanwhile', async () => {
      await switchMeanwhile('digest');
      await due();
      const { text } = await system.inbox.latest(ada.email, /What happened/);
      expect(text).toContain('started following you');
      expect(await mails(/following you/)).toEqual([]);
    });

    it('are in no digest if they were turned off meanwhile', async () => {
      const post = await publish(system, ada, { title: 'On looms' });
      await follow(bob, ada);
      await comment(system, bob, post.id);
      await notificationsOf(system, ada, 2);
      await set({ kinds: { follow: { ...immediate, mail: 'off' } } });
      await due();
      const { text } = await system.inbox.latest(ada.email, /What happened/);
      expect(text).toContain('commented on');
      expect(text).not.toContain('following you');
    });
  });

  it('do not delay other mails: a stuck notification does not hold up a verification code', async () => {
    await set({ kinds: { follow: immediate } });
    await whilePaused(system, 'bulk-mail', async (queue) => {
      await follow(bob, ada);
      await eventually(async () => (await queue.getWaitingCount()) > 0);
      const email = `${newId()}@example.com`;
      const body = {
        email,
        username: `u${newId().slice(-12)}`,
        password: 'correct horse battery',
        name: 'Eve',
      };
      expect((await system.ask('POST /v1/auth/register', { body })).status).toBe(202);
      await system.inbox.latest(email, /code/);
      const subjects = (await system.inbox.of(ada.email)).map(({ subject }) => subject);
      expect(subjects).not.toContainEqual(expect.stringContaining('following you'));
    });
    await system.inbox.latest(ada.email, /following you/);
  });

  it('are also announced to the app by a frame', async () => {
    await follow(bob, ada);
    const [notification] = await notificationsOf(system, ada, 1);
    const frames = await system.sql<{ payload: object }>(
      `SELECT payload FROM realtime.frames WHERE user_id = $1 AND type = 'notification.created'`,
      [ada.id],
    );
    expect(frames).toEqual([{ payload: { notificationId: notification!.id, kind: 'follow' } }]);
  });
});
