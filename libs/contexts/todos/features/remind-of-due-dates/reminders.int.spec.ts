import { contexts } from '@rookery/contexts';
import { enroll } from '@rookery/contexts/identity/testing';
import { createTodo } from '@rookery/contexts/todos/testing';
import { gather } from '@rookery/contexts/workspaces/testing';
import { Sql, Transaction } from '@rookery/persistence';
import { eventually, type Person } from '@rookery/testing';
import { scheduleNamed } from '@rookery/testing/context';
import { ownSystem } from '@rookery/testing/own-system';

const HOUR_MS = 3_600_000;

describe('Reminders', () => {
  const system = ownSystem(contexts);
  let ada: Person;
  let bob: Person;
  let room: string;

  beforeAll(() =>
    // Reminders run only when a test starts them: a scheduled run would take due todos and notify a moment later.
    system.sql(
      `INSERT INTO messaging.schedule_run SELECT name, '9999-01-01' FROM unnest($1::text[]) AS name
       ON CONFLICT (name) DO UPDATE SET slot = excluded.slot`,
      [
        [
          'todos.archive-completed',
          'todos.remind-of-due-dates',
          'todos.remind-of-overdue',
          'todos.send-weekly-reports',
        ],
      ],
    ),
  );
  beforeEach(async () => {
    [ada, bob] = await Promise.all([enroll(system), enroll(system)]);
    room = await gather(system, ada, [[bob, 'member']]);
  });

  const inHours = (hours: number) => new Date(Date.now() + hours * HOUR_MS).toISOString();
  const runs = (name: string, worker = system.worker) =>
    worker
      .get(Transaction, { strict: false })
      .run(() => worker.get(scheduleNamed(contexts, name), { strict: false }).run(new Date()));
  const remind = async () => {
    await runs('todos.remind-of-due-dates');
    await runs('todos.remind-of-overdue');
  };
  /** @returns the notices about todos, as `<type> <index of the id>` */
  const told = async (...ids: string[]) => {
    const rows = await system.sql<{ type: string; id: string }>(
      `SELECT type, data ->> 'todoId' AS id FROM messaging.outbox
       WHERE type IN ('todos.todo-due-soon', 'todos.todo-overdue') AND data ->> 'todoId' = ANY ($1) ORDER BY id`,
      [ids],
    );
    return rows.map(({ type, id }) => `${type.slice('todos.todo-'.length)} ${ids.indexOf(id)}`).toSorted();
  };
  const change = (id: string, body: object) =>
    system.ask(`PATCH /v1/todos/${id}`, { token: ada.token, body, headers: { 'if-match': '*' } });
  /** Inserts many pending todos of a user. */
  const plant = (count: number, dueDate: string, userId = ada.id) =>
    system.sql(
      `INSERT INTO todos.todos (id, version, workspace_id, author_id, title, status, priority, due_at, sort_order,
         created_at, updated_at)
       SELECT gen_random_uuid(), 1, $1, $2, 'Todo ' || nr, 'PENDING', 1, $3, 0, now(), now()
       FROM generate_series(1, $4::int) nr`,
      [room, userId, dueDate, count],
    );

  it('notify once of a todo that is due within a day or overdue, and again only for another date', async () => {
    const soon = await createTodo(system, ada, room, { dueDate: inHours(5) });
    const late = await createTodo(system, ada, room, { dueDate: inHours(-5) });
    const far = await createTodo(system, ada, room, { dueDate: inHours(30) });
    const draft = await createTodo(system, ada, room, { dueDate: inHours(-5), status: 'DRAFT' });
    const old = await createTodo(system, ada, room, { dueDate: inHours(-24 * 8) });
    const ids = [soon.id, late.id, far.id, draft.id, old.id] as string[];
    for (let times = 0; times < 3; times += 1) await remind();
    expect(await told(...ids)).toEqual(['due-soon 0', 'overdue 1']);

    const [first, second] = [soon.dueDate as string, inHours(6)];
    for (const dueDate of [second, first, second]) {
      await change(soon.id, { dueDate });
      await remind();
    }
    expect(await told(soon.id)).toEqual(['due-soon 0', 'due-soon 0']);
    await change(soon.id, { dueDate: inHours(-1) });
    await remind();
    expect(await told(soon.id)).toEqual(['due-soon 0', 'due-soon 0', 'overdue 0']);
  });

  it('notify the responsible user, but nobody who has left the workspace', async () => {
    const hers = await createTodo(system, ada, room, { dueDate: inHours(5), assigneeId: bob.id });
    const his = await createTodo(system, bob, room, { dueDate: inHours(5) });
    await system.sql('DELETE FROM workspaces.members WHERE workspace_id = $1 AND user_id = $2', [
      room,
      bob.id,
    ]);
    await remind();
    expect(await told(hers.id, his.id)).toEqual([]);
  });

  it('list ten todos in one mail with the number of further ones, in the time zone of the recipient', async () => {
    await system.ask('PUT /v1/me/preferences', {
      token: ada.token,
      body: { interests: [], tone: 'calm', length: 'short', language: 'en', timeZone: 'Asia/Kolkata' },
    });
    const due = inHours(5);
    await plant(13, due);
    await remind();
    const { text } = await system.inbox.latest(ada.email, /Due within a day/);
    expect(text.match(/- Todo/g)).toHaveLength(10);
    expect(text).toContain('3 more');
    const time = new Date(due).toLocaleTimeString('en-US', {
      timeZone: 'Asia/Kolkata',
      hour: 'numeric',
      minute: '2-digit',
    });
    expect(text).toContain(time);
  });

  it('are mailed five times a day, also under concurrency; further ones appear in the app', async () => {
    const mails = async () =>
      (await system.inbox.of(ada.email)).filter(({ subject }) => /^(Due|Overdue)/.test(subject));
    const known = `INSERT INTO todos.reminder_mails (id, user_id, sent_at)
      SELECT gen_random_uuid(), $1, now() - $2::int * interval '1 hour' FROM generate_series(1, $3::int)`;
    const leftOut = async () => {
      const kinds = ['due-soon', 'overdue'].map((kind) =>
        system.metric(`todo_reminders_left_out_total{kind="${kind}"}`),
      );
      return (await Promise.all(kinds)).reduce((sum, count) => sum + count, 0);
    };
    const before = await leftOut();
    await system.sql(known, [ada.id, 25, 3]);
    await system.sql(known, [ada.id, 23, 4]);
    const soon = await createTodo(system, ada, room, { dueDate: inHours(5) });
    const late = await createTodo(system, ada, room, { dueDate: inHours(-5) });
    await remind();
    await eventually(async () => {
      const { body } = await system.ask('GET /v1/notifications', { token: ada.token });
      expect(body.data).toHaveLength(2);
      const handled = await system.sql(
        `SELECT 1 FROM messaging.event_delivery d JOIN messaging.outbox o USING (event_id)
         WHERE o.type = 'todos.reminder-requested' AND o.data ->> 'userId' = $1 AND d.state = 'done'`,
        [ada.id],
      );
      expect(handled).toHaveLength(2);
    });
    expect(await told(soon.id, late.id)).toEqual(['due-soon 0', 'overdue 1']);
    expect(await mails()).toHaveLength(1);
    expect(await leftOut()).toBe(before + 1);
    const counted = await system.sql('SELECT 1 FROM todos.reminder_mails WHERE user_id = $1', [ada.id]);
    expect(counted).toHaveLength(5);
  });

  it('beyond that are in the next digest, each once, for users without notifications in the app', async () => {
    const choose = (kinds: object) =>
      system.ask('PUT /v1/me/notification-settings', {
        token: ada.token,
        body: { quietHours: null, digest: 'daily', kinds },
      });
    const mailed = { inApp: false, mail: 'immediate', push: false, webhook: false };
    await choose({ todoDueSoon: mailed });
    await system.sql(
      `INSERT INTO todos.reminder_mails (id, user_id, sent_at)
       SELECT gen_random_uuid(), $1, now() FROM generate_series(1, 5)`,
      [ada.id],
    );
    const { id } = await createTodo(system, ada, room, { title: 'Count swifts', dueDate: inHours(5) });
    await remind();
    const waits = () =>
      system.sql(
        'SELECT 1 FROM notifications.notifications WHERE user_id = $1 AND target_id = $2 AND digest',
        [ada.id, id],
      );
    await eventually(async () => (await waits()).length === 1);
    // Another date is another reminder, but the todo is already in the digest.
    await change(id, { dueDate: inHours(6) });
    await remind();
    await eventually(async () => {
      const handled = await system.sql(
        `SELECT 1 FROM messaging.event_delivery d JOIN messaging.outbox o USING (event_id)
         WHERE o.type = 'todos.reminder-requested' AND o.data ->> 'userId' = $1 AND d.state = 'done'`,
        [ada.id],
      );
      return handled.length === 2;
    });
    expect(await waits()).toHaveLength(1);
    await system.sql('UPDATE notifications.digests SET due_at = now() WHERE user_id = $1', [ada.id]);
    await system.runSchedule('notifications.begin-digests');
    const { text } = await system.inbox.latest(ada.email, /What happened/);
    expect(text).toContain('“Count swifts” is due within a day');
    expect((await system.ask('GET /v1/notifications', { token: ada.token })).body.data).toEqual([]);
  });

  it('are all in that digest, also todos that a mail would only count, but none of an earlier mail', async () => {
    const mailed = { inApp: false, mail: 'immediate', push: false, webhook: false };
    await system.ask('PUT /v1/me/notification-settings', {
      token: ada.token,
      body: { quietHours: null, digest: 'daily', kinds: { todoDueSoon: mailed } },
    });
    await plant(12, inHours(6));
    await remind();
    await system.inbox.latest(ada.email, /Due within a day/);
    await system.sql(
      `INSERT INTO todos.reminder_mails (id, user_id, sent_at)
       SELECT gen_random_uuid(), $1, now() FROM generate_series(1, 4)`,
      [ada.id],
    );
    const earlier = inHours(5);
    await plant(25, earlier);
    await plant(5, earlier, bob.id);
    await remind();
    const waiting = await eventually(async () => {
      const rows = await system.sql<{ due: Date }>(
        `SELECT due_at AS due FROM notifications.notifications JOIN todos.todos todo ON todo.id = target_id
         WHERE user_id = $1 AND digest`,
        [ada.id],
      );
      return rows.length > 0 && rows;
    });
    expect(waiting.map(({ due }) => due.toISOString())).toEqual(Array(25).fill(earlier));
  });

  it('are in the language of the recipient, and each kind has a one-click unsubscribe', async () => {
    await system.ask('PUT /v1/me/preferences', {
      token: ada.token,
      body: { interests: [], tone: 'calm', length: 'short', language: 'de', timeZone: 'Europe/Berlin' },
    });
    const turnOff = async (subject: RegExp) => {
      const { id, text } = await system.inbox.latest(ada.email, subject);
      const raw = await (await fetch(`${system.addresses.mailboxUrl}/api/messages/${id}/raw`)).text();
      const post = /^List-Unsubscribe: <([^>]+)>/m.exec(raw.replaceAll(/\r\n\s+/g, ' '))![1]!;
      expect(text).toContain('Abbestellen: http://rookery.test/unsubscribe?token=');
      const { status } = await system.ask(`POST ${new URL(post).pathname}`, {
        body: 'List-Unsubscribe=One-Click',
        headers: { 'content-type': 'application/x-www-form-urlencoded' },
      });
      expect(status).toBe(204);
      return text;
    };
    const mailAll = async () => {
      await createTodo(system, ada, room, { title: 'Bald', dueDate: inHours(5) });
      await createTodo(system, ada, room, { title: 'Gestern', dueDate: inHours(-5) });
      await remind();
      await system.sql('DELETE FROM todos.weekly_reports WHERE user_id = $1', [ada.id]);
      await eventually(async () => {
        const rows = await system.sql(
          `UPDATE todos.report_recipients SET next_at = now() - interval '1 second' WHERE user_id = $1 RETURNING 1`,
          [ada.id],
        );
        return rows.length === 1;
      });
      await runs('todos.send-weekly-reports');
    };
    await mailAll();
    expect(await turnOff(/Binnen eines Tages fällig/)).toContain('- Bald (');
    expect(await turnOff(/Überfällig/)).toContain('- Gestern (');
    expect(await turnOff(/Ihre Woche/)).toContain('davon überfällig: 1');
    await mailAll();
    await eventually(async () => {
      const rows = await system.sql(
        `SELECT 1 FROM messaging.outbox o LEFT JOIN messaging.event_delivery d USING (event_id)
         WHERE o.data ->> 'userId' = $1
           AND (o.published_at IS NULL OR (d.subscriber LIKE 'todos.send-%' AND d.state = 'pending'))`,
        [ada.id],
      );
      return rows.length === 0;
    });
    const mails = (await system.inbox.of(ada.email)).map(({ subject }) => subject);
    const about = /fällig|Woche/i;
    expect(mails.filter((subject) => about.test(subject)).toSorted()).toEqual([
      'Binnen eines Tages fällig',
      'Ihre Woche',
      'Überfällig',
    ]);
    const { body } = await system.ask('GET /v1/me/notification-settings', { token: ada.token });
    expect(body.kinds).toMatchObject({
      todoDueSoon: { mail: 'off', inApp: true },
      todoOverdue: { mail: 'off' },
      weeklyReport: { mail: 'off' },
    });
  });

  it('do not mail todos that are completed meanwhile', async () => {
    const other = await createTodo(system, ada, room, { title: 'Left', dueDate: inHours(4) });
    const done = await createTodo(system, ada, room, { title: 'Done', dueDate: inHours(3) });
    // The mail is sent after the commit of the transaction that completes the todo.
    await system.inWorker(Transaction).run(async () => {
      await system.worker
        .get(scheduleNamed(contexts, 'todos.remind-of-due-dates'), { strict: false })
        .run(new Date());
      await system.inWorker(Sql).execute(`UPDATE todos.todos SET status = 'DRAFT' WHERE id = $1`, [done.id]);
    });
    const { text } = await system.inbox.latest(ada.email, /Due within a day/);
    expect(text).toContain('Left');
    expect(text).not.toContain('Done');
    expect(await told(other.id, done.id)).toEqual(['due-soon 0', 'due-soon 1']);
  });

  it('notify once if two workers run at the same time, and completely if one of them fails', async () => {
    const second = await system.startWorker();
    await plant(250, inHours(2));
    await plant(250, inHours(2), bob.id);
    const count = async () => {
      const rows = await system.sql(
        `SELECT 1 FROM messaging.outbox WHERE type = 'todos.todo-due-soon' AND data ->> 'workspaceId' = $1`,
        [room],
      );
      return rows.length;
    };
    // One fails in the middle: nothing that it took is lost.
    await expect(
      second.get(Transaction, { strict: false }).run(async () => {
        await second
          .get(scheduleNamed(contexts, 'todos.remind-of-due-dates'), { strict: false })
          .run(new Date());
        throw new Error('Killed.');
      }),
    ).rejects.toThrow('Killed.');
    await Promise.all([
      runs('todos.remind-of-due-dates'),
      runs('todos.remind-of-due-dates', second),
      system.redis('FLUSHALL'),
    ]);
    await runs('todos.remind-of-due-dates');
    expect(await count()).toBe(500);
    await runs('todos.remind-of-due-dates', second);
    expect(await count()).toBe(500);
    const notices = await system.sql(
      `SELECT 1 FROM todos.notices JOIN todos.todos todo ON todo.id = todo_id WHERE workspace_id = $1`,
      [room],
    );
    expect(notices).toHaveLength(500);
  });

  it('of many todos are sent page by page without waiting for the next scheduled run', async () => {
    const due = inHours(2);
    await plant(700, due);
    await plant(700, due, bob.id);
    const carol = await enroll(system);
    const other = await gather(system, carol);
    const { id } = await createTodo(system, carol, other, { dueDate: inHours(3) });
    await runs('todos.remind-of-due-dates');
    await eventually(async () => expect(await told(id)).toEqual(['due-soon 0']));
    const pages = await eventually(async () => {
      const sizes = await system.sql<{ size: number }>(
        `SELECT count(*)::int AS size FROM todos.notices JOIN todos.todos todo ON todo.id = todo_id
         WHERE workspace_id = $1 GROUP BY notices.xmin::text`,
        [room],
      );
      return sizes.reduce((total, { size }) => total + size, 0) === 1_400 && sizes;
    });
    // Three, or more if a scheduled run came between.
    for (const { size } of pages) expect(size).toBeLessThanOrEqual(500);
    const asked = await system.sql<{ userId: string; count: number }>(
      `SELECT data ->> 'userId' AS "userId", count(*)::int AS count FROM messaging.outbox
       WHERE type = 'todos.reminder-requested' AND data ->> 'userId' = ANY ($1) GROUP BY 1`,
      [[ada.id, bob.id]],
    );
    expect(asked).toHaveLength(2);
    for (const { count } of asked) expect(count).toBeLessThanOrEqual(pages.length);
  });

  it('send the weekly report on Monday at eight, once, also if a run is repeated', async () => {
    await createTodo(system, ada, room, { title: 'Next week', dueDate: inHours(48) });
    const { id } = await createTodo(system, ada, room);
    await system.ask(`PATCH /v1/todos/${id}/complete`, { token: ada.token });
    const [recipient] = await eventually(async () => {
      const rows = await system.sql<{ next: Date; zone: string }>(
        'SELECT next_at AS next, time_zone AS zone FROM todos.report_recipients WHERE user_id = $1',
        [ada.id],
      );
      return rows.length === 1 && rows;
    });
    expect(recipient!.zone).toBe('UTC');
    expect([recipient!.next.getUTCDay(), recipient!.next.getUTCHours()]).toEqual([1, 8]);
    const now = new Date(); // the same for both runs, so that midnight cannot put them into different weeks
    const due = (ago: string) =>
      system.sql(
        `UPDATE todos.report_recipients SET next_at = $2::timestamptz - $3::interval WHERE user_id = $1`,
        [ada.id, now, ago],
      );
    const asked = () =>
      system.sql(
        `SELECT 1 FROM messaging.outbox WHERE type = 'todos.weekly-report-requested' AND data ->> 'userId' = $1`,
        [ada.id],
      );
    await due('3 days'); // too late
    await runs('todos.send-weekly-reports');
    expect(await asked()).toHaveLength(0);
    for (let times = 0; times < 2; times += 1) {
      await due('1 minute');
      await runs('todos.send-weekly-reports');
    }
    expect(await asked()).toHaveLength(1);
    const { text } = await system.inbox.latest(ada.email, /Your week/);
    expect(text).toContain('todos completed in the last week: 1. Pending: 1');
    expect(text).toContain('Next week');
    const [after] = await system.sql<{ next: Date }>(
      'SELECT next_at AS next FROM todos.report_recipients WHERE user_id = $1',
      [ada.id],
    );
    expect(after!.next.getTime()).toBeGreaterThan(Date.now());
  });

  it('send the weekly report also after a later assignment, and to the author after an unassignment', async () => {
    const getReports = async () => {
      const rows = await system.sql<{ id: string }>(
        'SELECT user_id AS id FROM todos.report_recipients WHERE user_id = ANY ($1::uuid[])',
        [[ada.id, bob.id]],
      );
      return rows.map(({ id }) => id).toSorted();
    };
    const { id } = await createTodo(system, ada, room);
    await eventually(async () => expect(await getReports()).toEqual([ada.id]));
    await change(id, { assigneeId: bob.id });
    await eventually(async () => expect(await getReports()).toEqual([ada.id, bob.id].toSorted()));
    await system.sql('DELETE FROM todos.report_recipients WHERE user_id = ANY ($1::uuid[])', [
      [ada.id, bob.id],
    ]);
    await createTodo(system, ada, room, { assigneeId: bob.id });
    await eventually(async () => expect(await getReports()).toEqual([ada.id, bob.id].toSorted()));
  });

  it('use the new time zone of a user who changes it', async () => {
    await createTodo(system, ada, room);
    const zone = async () => {
      const [row] = await system.sql<{ zone: string }>(
        'SELECT time_zone AS zone FROM todos.report_recipients WHERE user_id = $1',
        [ada.id],
      );
      return row?.zone;
    };
    await eventually(async () => (await zone()) === 'UTC');
    await system.ask('PUT /v1/me/preferences', {
      token: ada.token,
      body: { interests: [], tone: 'calm', length: 'short', language: 'en', timeZone: 'Pacific/Chatham' },
    });
    await eventually(async () => (await zone()) === 'Pacific/Chatham');
  });

  it('archive todos that were completed a month ago, once', async () => {
    const { id } = await createTodo(system, ada, room);
    const young = await createTodo(system, ada, room);
    for (const each of [id, young.id])
      await system.ask(`PATCH /v1/todos/${each}/complete`, { token: ada.token });
    await system.sql(
      `UPDATE todos.todos SET completed_at = now() - interval '30 days 1 minute' WHERE id = $1`,
      [id],
    );
    for (let times = 0; times < 2; times += 1) await runs('todos.archive-completed');
    const { body } = await system.ask(`GET /v1/todos/${id}`, { token: ada.token });
    expect(body).toMatchObject({ status: 'ARCHIVED', version: 3, completedBy: ada.id });
    expect((await system.ask(`GET /v1/todos/${young.id}`, { token: ada.token })).body.status).toBe(
      'COMPLETED',
    );
  });
});
