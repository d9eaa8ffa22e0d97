import { enroll } from '@rookery/contexts/identity/testing';
import { inboxOf, notificationsOf } from '@rookery/contexts/notifications/testing';
import { block } from '@rookery/contexts/social/testing';
import { endDay, publishStory, sweep } from '@rookery/contexts/stories/testing';
import { requestTale, taleIs } from '@rookery/contexts/tales/testing';
import { createTodo } from '@rookery/contexts/todos/testing';
import { gather, invite, inviteToken } from '@rookery/contexts/workspaces/testing';
import { eventually, type Person, sharedSystem } from '@rookery/testing';

describe('What users are notified of', () => {
  const system = sharedSystem();
  let ada: Person;
  let bob: Person;

  beforeEach(async () => {
    [ada, bob] = await Promise.all([enroll(system, { name: 'Ada Lovelace' }), enroll(system)]);
  });

  const as = ({ token }: Person, route: string, body?: object) => system.ask(route, { token, body });
  const kindsOf = async (who: Person) => (await inboxOf(system, who)).data.map(({ kind }) => kind);
  const stored = async (who: Person) =>
    (
      await system.sql<{ kind: string }>(
        'SELECT kind FROM notifications.notifications WHERE user_id = $1 ORDER BY id DESC',
        [who.id],
      )
    ).map(({ kind }) => kind);
  /** Waits until the notifications about all events of the subjects are created. */
  const told = (...subjects: string[]) =>
    eventually(async () => {
      const open = await system.sql(
        `SELECT 1 FROM messaging.outbox o LEFT JOIN messaging.event_delivery d USING (event_id)
         WHERE (o.subject::text = ANY ($1) OR o.data ->> 'workspaceId' = ANY ($1) OR o.data ->> 'storyId' = ANY ($1))
           AND (o.published_at IS NULL OR (d.state = 'pending' AND d.subscriber LIKE 'notifications.%'))`,
        [subjects],
      );
      return open.length === 0;
    });

  describe('on stories', () => {
    const react = (who: Person, id: string, emoji = '🔥') =>
      as(who, `POST /v1/stories/${id}/reactions`, { emoji });
    const reply = (who: Person, id: string) => as(who, `POST /v1/stories/${id}/replies`, { text: 'Lovely' });

    it('is reactions and replies, combined in one notification each within an hour', async () => {
      const { id } = await publishStory(system, ada, { text: 'At the harbor' });
      const eve = await enroll(system);
      for (const who of [bob, eve]) {
        await react(who, id);
        await react(who, id, '😂');
        await reply(who, id);
      }
      await react(ada, id);
      await told(id);
      const target = { type: 'story', id, text: 'At the harbor' };
      const both = { target, actorsCount: 2 };
      const inbox = await notificationsOf(system, ada, 2);
      expect(inbox.toSorted((a, b) => (a.kind < b.kind ? -1 : 1))).toMatchObject([
        { kind: 'storyReaction', ...both },
        { kind: 'storyReply', ...both },
      ]);
      expect(inbox[0]!.target).toEqual(target);
    });

    it('disappears with the story: immediately from the list, then from the count', async () => {
      const [ended, deleted] = [await publishStory(system, ada), await publishStory(system, ada)];
      await react(bob, ended.id);
      await react(bob, deleted.id);
      await notificationsOf(system, ada, 2);
      await endDay(system, ended.id);
      await as(ada, `DELETE /v1/stories/${deleted.id}`);
      expect((await inboxOf(system, ada)).data).toEqual([]);
      await sweep(system, ended.id);
      await eventually(async () => {
        expect((await inboxOf(system, ada)).unreadCount).toBe(0);
      });
    });

    it('is nothing if the author has blocked the user, or the story has ended by then', async () => {
      const { id } = await publishStory(system, ada);
      await react(bob, id);
      await block(system, ada, bob);
      await told(id);
      expect(await kindsOf(ada)).toEqual([]);
    });
  });

  it('is the end of the tales that they requested, but not of those of others', async () => {
    const id = await requestTale(system, ada);
    const { title } = await taleIs(system, ada, id, 'ready');
    const [notification] = await notificationsOf(system, ada, 1);
    expect(notification).toMatchObject({ kind: 'taleReady', actors: [], actorsCount: 0 });
    expect(notification!.target).toEqual({ type: 'tale', id, title });
    expect(await kindsOf(bob)).toEqual([]);
  });

  describe('in workspaces', () => {
    const add = (workspaceId: string, who: Person) =>
      as(ada, `POST /v1/workspaces/${workspaceId}/members`, { userId: who.id, role: 'member' });

    it('is that others added them, changed their role or removed them, but not their own actions', async () => {
      const workspaceId = await gather(system, ada);
      await add(workspaceId, bob);
      const [added] = await notificationsOf(system, bob, 1);
      expect(added).toMatchObject({ kind: 'workspaceAdded', actors: [{ id: ada.id }] });
      expect(added!.target).toEqual({ type: 'workspace', id: workspaceId, name: expect.any(String) });
      await as(ada, `PATCH /v1/workspaces/${workspaceId}/members/${bob.id}`, { role: 'guest' });
      await notificationsOf(system, bob, 2);
      await as(ada, `DELETE /v1/workspaces/${workspaceId}/members/${bob.id}`);
      await told(workspaceId);
      expect(await stored(bob)).toEqual(['workspaceRemoved']);
      const [removed] = await notificationsOf(system, bob, 1);
      expect(removed).toMatchObject({ kind: 'workspaceRemoved', actors: [{ id: ada.id }] });
      // They no longer see the name of the workspace.
      expect(removed!.target).toEqual({ type: 'workspace', id: workspaceId, name: null });
      expect(await kindsOf(ada)).toEqual([]);
    });

    it('is not that they left by choice', async () => {
      const workspaceId = await gather(system, ada);
      await add(workspaceId, bob);
      await notificationsOf(system, bob, 1);
      await as(bob, `DELETE /v1/workspaces/${workspaceId}/members/${bob.id}`);
      await told(workspaceId);
      expect(await stored(bob)).toEqual([]);
    });

    it('is an invite, also to their address, until it is revoked; an accepted one is kept', async () => {
      const workspaceId = await gather(system, ada);
      const first = await invite(system, ada, workspaceId, { email: bob.email });
      const [invited] = await notificationsOf(system, bob, 1);
      expect(invited).toMatchObject({
        kind: 'workspaceInvite',
        actors: [{ id: ada.id }],
        target: { type: 'workspace', id: workspaceId, name: expect.any(String) },
      });
      await as(ada, `DELETE /v1/workspaces/${workspaceId}/invites/${first.id}`);
      expect(await kindsOf(bob)).toEqual([]);
      await eventually(async () => (await stored(bob)).length === 0);
      await invite(system, ada, workspaceId, { userId: bob.id });
      await notificationsOf(system, bob, 1);
      const token = await eventually(async () => {
        const fresh = await inviteToken(system, bob.email);
        return (await as(bob, `POST /v1/invites/${fresh}/accept`)).status === 200 && fresh;
      });
      expect(token).toBeDefined();
      await told(workspaceId);
      expect(await kindsOf(bob)).toEqual(['workspaceInvite']);
    });

    it('is not an expired invite, or one whose sender can no longer invite, also not in the count', async () => {
      const eve = await enroll(system);
      const [first, second] = [await gather(system, ada), await gather(system, ada, [[eve, 'owner']])];
      const { id } = await invite(system, ada, first, { email: bob.email });
      await invite(system, eve, second, { userId: bob.id });
      await notificationsOf(system, bob, 2);
      await system.sql(`UPDATE workspaces.invites SET expires_at = now() WHERE id = $1`, [id]);
      expect((await inboxOf(system, bob)).data).toHaveLength(1);
      await system.runSchedule('workspaces.close-expired-invites');
      await eventually(async () => expect((await inboxOf(system, bob)).unreadCount).toBe(1));
      await as(ada, `PATCH /v1/workspaces/${second}/members/${eve.id}`, { role: 'member' });
      await eventually(async () => expect((await inboxOf(system, bob)).unreadCount).toBe(0));
    });

    it('is not an invite of a user whom they have blocked, or to an address without an account', async () => {
      const workspaceId = await gather(system, ada);
      await block(system, bob, ada);
      await invite(system, ada, workspaceId, { email: bob.email });
      await invite(system, ada, workspaceId, { email: `nobody.${bob.email}` });
      await told(workspaceId);
      expect(await stored(bob)).toEqual([]);
    });

    it('disappears immediately with a deleted workspace', async () => {
      const workspaceId = await gather(system, ada);
      await add(workspaceId, bob);
      const { id } = await createTodo(system, ada, workspaceId, { assigneeId: bob.id });
      await notificationsOf(system, bob, 2);
      expect((await as(ada, `DELETE /v1/workspaces/${workspaceId}`)).status).toBe(204);
      expect((await inboxOf(system, bob)).data).toEqual([]);
      await told(workspaceId, id);
      expect(await stored(bob)).toEqual([]);
    });
  });

  describe('about todos', () => {
    let workspaceId: string;
    beforeEach(async () => {
      workspaceId = await gather(system, ada, [[bob, 'member']]);
    });
    const comment = async (who: Person, todoId: string, content: string) =>
      (await as(who, `POST /v1/todos/${todoId}/comments`, { content })).body.id as string;
    const nameOf = async ({ token }: Person) =>
      (await system.ask('GET /v1/me', { token })).body.username as string;

    it('is todos that others assign to them, each user once within an hour', async () => {
      const { id } = await createTodo(system, ada, workspaceId, { title: 'Ferns', assigneeId: bob.id });
      const [assigned] = await notificationsOf(system, bob, 1);
      expect(assigned).toMatchObject({ kind: 'todoAssigned', actors: [{ id: ada.id }] });
      const target = { type: 'todo', id, workspaceId, title: 'Ferns', dueDate: null, commentId: null };
      expect(assigned!.target).toEqual(target);
      const assign = async (assigneeId: string | null) =>
        system.ask(`PATCH /v1/todos/${id}`, {
          token: ada.token,
          body: { assigneeId },
          headers: { 'if-match': '*' },
        });
      await assign(null);
      await assign(bob.id);
      await assign(ada.id);
      await told(id);
      expect(await kindsOf(bob)).toEqual(['todoAssigned']);
      expect(await kindsOf(ada)).toEqual([]);
    });

    it('is the first twenty assignments of an hour one by one, and all further ones combined', async () => {
      const assigned = (count: number) => {
        const lines = Array.from({ length: count }, (_, nr) => `Todo ${nr},${bob.id}`);
        return system.ask(`POST /v1/workspaces/${workspaceId}/todos/import`, {
          token: ada.token,
          headers: { 'content-type': 'text/csv' },
          body: ['title,assigneeId', ...lines, ''].join('\n'),
        });
      };
      const counted = async () => {
        const kinds = await stored(bob);
        return ['todoAssigned', 'todosAssigned'].map((kind) => kinds.filter((each) => each === kind).length);
      };
      expect(await assigned(120)).toMatchObject({ status: 200, body: { created: 120 } });
      await told(workspaceId);
      expect(await counted()).toEqual([20, 1]);
      const { data } = await inboxOf(system, bob);
      expect(data.find(({ kind }) => kind === 'todosAssigned')).toMatchObject({
        actors: [{ id: ada.id }],
        target: { type: 'workspace', id: workspaceId },
      });
      await createTodo(system, ada, workspaceId, { assigneeId: bob.id });
      await told(workspaceId);
      expect(await counted()).toEqual([20, 1]);

      await system.sql(
        `UPDATE notifications.notifications SET created_at = created_at - interval '1 hour' WHERE user_id = $1`,
        [bob.id],
      );
      await createTodo(system, ada, workspaceId, { assigneeId: bob.id });
      await told(workspaceId);
      expect(await counted()).toEqual([21, 1]);
    });

    it('is mentions in comments, until the comment is deleted', async () => {
      const { id } = await createTodo(system, ada, workspaceId);
      const stranger = await enroll(system);
      const names = await Promise.all([bob, stranger, ada].map(nameOf));
      const commentId = await comment(ada, id, names.map((name) => `@${name}`).join(' '));
      const [mentioned] = await notificationsOf(system, bob, 1);
      expect(mentioned).toMatchObject({ kind: 'todoMention', target: { type: 'todo', id, commentId } });
      await told(id);
      expect(await kindsOf(stranger)).toEqual([]);
      expect(await kindsOf(ada)).toEqual([]);
      await as(ada, `DELETE /v1/todos/${id}/comments/${commentId}`);
      await eventually(async () => (await stored(bob)).length === 0);
    });

    it('is todos that are due soon and overdue, once', async () => {
      const soon = new Date(Date.now() + 3_600_000).toISOString();
      const past = new Date(Date.now() - 3_600_000).toISOString();
      const due = await createTodo(system, ada, workspaceId, { assigneeId: bob.id, dueDate: soon });
      const late = await createTodo(system, bob, workspaceId, { dueDate: past });
      await system.runSchedule('todos.remind-of-due-dates');
      await system.runSchedule('todos.remind-of-overdue'); // also runs other due schedules again
      const all = (await notificationsOf(system, bob, 3)).toSorted((a, b) => (a.kind < b.kind ? -1 : 1));
      expect(all).toMatchObject([
        { kind: 'todoAssigned' },
        { kind: 'todoDueSoon', actorsCount: 0, target: { id: due.id, dueDate: soon } },
        { kind: 'todoOverdue', target: { id: late.id } },
      ]);
      await as(bob, `DELETE /v1/todos/${late.id}`);
      expect(await kindsOf(bob)).toHaveLength(2);
      await told(late.id);
      expect(await stored(bob)).toHaveLength(2);
    });

    const plant = (count: number, due: string) =>
      system.sql(
        `INSERT INTO todos.todos (id, version, workspace_id, author_id, title, status, priority, due_at,
           sort_order, created_at, updated_at)
         SELECT gen_random_uuid(), 1, $1, $2, 'Todo ' || nr, 'PENDING', 1, now() + $4::interval, 0, now(), now()
         FROM generate_series(1, $3::int) nr`,
        [workspaceId, bob.id, count, due],
      );

    it('is the first twenty due dates of an hour one by one, and all further ones combined', async () => {
      const counted = async () => {
        const kinds = await stored(bob);
        return ['todoDueSoon', 'todoOverdue', 'todosDue'].map(
          (kind) => kinds.filter((each) => each === kind).length,
        );
      };
      await plant(60, '5 hours');
      await system.runSchedule('todos.remind-of-due-dates');
      await told(workspaceId);
      expect(await counted()).toEqual([20, 0, 1]);
      const { data } = await inboxOf(system, bob);
      const more = data.find(({ kind }) => kind === 'todosDue')!;
      expect(more).toMatchObject({
        actors: [],
        actorsCount: 0,
        target: { type: 'workspace', id: workspaceId },
      });

      const unread = async () => (await inboxOf(system, bob)).unreadCount;
      await as(bob, `PUT /v1/notifications/${more.id}/read`);
      await eventually(async () => expect(await unread()).toBe(20));
      await plant(25, '-5 hours');
      await system.runSchedule('todos.remind-of-overdue');
      await told(workspaceId);
      expect(await counted()).toEqual([20, 20, 1]);
      expect(await unread()).toBe(41);
    });

    it('is no combined notification in the app if single ones are turned off there', async () => {
      const webhook = { inApp: false, push: false, webhook: true };
      const choose = (kinds: object) =>
        as(bob, 'PUT /v1/me/notification-settings', { quietHours: null, digest: 'daily', kinds });
      const counted = async () => {
        const kinds = await stored(bob);
        return [...new Set(kinds)]
          .toSorted()
          .map((kind) => [kind, kinds.filter((each) => each === kind).length]);
      };
      await choose({
        todoDueSoon: { ...webhook, mail: 'off' },
        todosDue: { ...webhook, inApp: true },
        todoAssigned: { ...webhook, mail: 'off' },
      });
      await plant(25, '5 hours');
      await system.runSchedule('todos.remind-of-due-dates');
      await told(workspaceId);
      for (let nr = 0; nr < 22; nr += 1) await createTodo(system, ada, workspaceId, { assigneeId: bob.id });
      await told(workspaceId);
      expect(await counted()).toEqual([
        ['todoAssigned', 20],
        ['todoDueSoon', 20],
        ['todosDue', 1],
      ]);
      expect((await inboxOf(system, bob)).data).toEqual([]);

      // Overdue todos are shown in the app, and so is the combined notification about them.
      await plant(25, '-5 hours');
      await system.runSchedule('todos.remind-of-overdue');
      await told(workspaceId);
      expect((await inboxOf(system, bob)).unreadCount).toBe(21);
    });

    it('is a weekly report that is not empty, without another mail', async () => {
      await createTodo(system, bob, workspaceId);
      const { id } = await createTodo(system, ada, workspaceId);
      await as(ada, `DELETE /v1/todos/${id}`);
      await eventually(async () => {
        const due = await system.sql(
          `UPDATE todos.report_recipients SET next_at = now() WHERE user_id = ANY ($1::uuid[]) RETURNING 1`,
          [[ada.id, bob.id]],
        );
        expect(due).toHaveLength(2);
      });
      await system.runSchedule('todos.send-weekly-reports');
      const [report] = await notificationsOf(system, bob, 1);
      expect(report).toMatchObject({ kind: 'weeklyReport', target: { type: 'user', id: bob.id } });
      expect(await kindsOf(ada)).toEqual([]);
    });

    it('is nothing about todos that they can no longer see', async () => {
      const { id } = await createTodo(system, ada, workspaceId, { assigneeId: bob.id });
      await notificationsOf(system, bob, 1);
      await as(ada, `DELETE /v1/workspaces/${workspaceId}/members/${bob.id}`);
      expect(await kindsOf(bob)).not.toContain('todoAssigned');
      await told(workspaceId, id);
      expect(await stored(bob)).toEqual(['workspaceRemoved']);
      expect((await inboxOf(system, bob)).unreadCount).toBe(1);
    });
  });
});
