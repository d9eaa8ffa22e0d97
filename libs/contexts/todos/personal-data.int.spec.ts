import { contexts } from '@rookery/contexts';
import { enroll } from '@rookery/contexts/identity/testing';
import { createTodo } from '@rookery/contexts/todos/testing';
import { gather, personalOf } from '@rookery/contexts/workspaces/testing';
import { Transaction } from '@rookery/persistence';
import { eventually, type Person } from '@rookery/testing';
import { ownSystem } from '@rookery/testing/own-system';
import { KNOWN_COLUMNS, TodosPersonalData } from './personal-data';

describe('Personal data in todos', () => {
  const system = ownSystem(contexts);
  let ada: Person;
  let bob: Person;
  let room: string;

  beforeEach(async () => {
    [ada, bob] = await Promise.all([enroll(system), enroll(system)]);
    room = await gather(system, bob, [[ada, 'member']]);
  });

  const exported = () =>
    system.inWorker(Transaction).run(async () => {
      const sections: Record<string, object[]> = {};
      for await (const [name, rows] of system.inWorker(TodosPersonalData).export(ada.id))
        (sections[name] ??= []).push(...rows);
      return sections;
    });
  const erase = (limit: number) =>
    system.inWorker(Transaction).run(() => system.inWorker(TodosPersonalData).erase(ada.id, limit));

  /** @returns the columns that still hold the user's id */
  async function left(): Promise<string[]> {
    const found: string[] = [];
    for (const column of KNOWN_COLUMNS) {
      const [table, name] = column.split('.');
      const rows = await system.sql(`SELECT 1 FROM todos.${table} WHERE ${name}::text LIKE $1`, [
        `%${ada.id}%`,
      ]);
      if (rows.length > 0) found.push(column);
    }
    return found;
  }

  /** Creates data of every kind. @returns a todo of the shared workspace */
  async function leaveTraces(): Promise<string> {
    const { body: category } = await system.ask('POST /v1/categories', {
      token: ada.token,
      body: { name: 'Garden' },
    });
    const { id } = await createTodo(system, ada, room, {
      title: 'Hers',
      assigneeId: ada.id,
      categoryId: category.id,
    });
    await createTodo(system, bob, room, { title: 'His, for her', assigneeId: ada.id });
    await createTodo(system, bob, room, { title: 'None of hers' });
    await system.ask(`POST /v1/todos/${id}/focus/start`, { token: ada.token });
    const task = { todoId: id, date: '2027-01-31', cost: 2 };
    await system.ask('POST /v1/schedule/commit', { token: ada.token, body: task });
    await system.sql(
      `INSERT INTO todos.comments (id, version, todo_id, workspace_id, author_id, content, mentioned_ids, created_at, updated_at)
       SELECT gen_random_uuid(), 1, $1, $2, author, 'Text', ARRAY[$3::uuid], now(), now()
       FROM unnest(ARRAY[$3, $4]::uuid[]) AS author`,
      [id, room, ada.id, bob.id],
    );
    await system.sql(
      `INSERT INTO todos.attachments (id, version, todo_id, workspace_id, author_id, media_key, file_name, created_at)
       VALUES (gen_random_uuid(), 1, $1, $2, $3, 'key', 'plan.pdf', now())`,
      [id, room, ada.id],
    );
    await system.sql(
      `INSERT INTO todos.todo_tags (todo_id, workspace_id, tag_id, name) VALUES ($1, $2, $2, 'home')`,
      [id, room],
    );
    await system.sql(`INSERT INTO todos.weekly_reports VALUES ($1, '2026-01-05'), ($1, '2026-01-12')`, [
      ada.id,
    ]);
    await system.ask(`PATCH /v1/todos/${id}/complete`, { token: ada.token });
    return id;
  }

  it('is known: every column with user ids is listed', async () => {
    const columns = await system.sql<{ name: string }>(
      `SELECT table_name || '.' || column_name AS name FROM information_schema.columns
       WHERE table_schema = 'todos' AND udt_name IN ('uuid', '_uuid')
         AND column_name NOT IN ('id', 'workspace_id', 'todo_id', 'parent_id', 'category_id', 'next_id', 'tag_id')`,
    );
    expect(columns.map(({ name }) => name).toSorted()).toEqual([...KNOWN_COLUMNS].toSorted());
  });

  it('is exported: what the user wrote and is assigned, and nothing of others', async () => {
    const id = await leaveTraces();
    expect(await exported()).toEqual({
      todos: [expect.objectContaining({ id, title: 'Hers' })],
      assignedTodos: [expect.objectContaining({ title: 'His, for her' })],
      comments: [expect.objectContaining({ todoId: id, content: 'Text' })],
      categories: [expect.objectContaining({ name: 'Garden' })],
      focusSessions: [expect.objectContaining({ todoId: id, stoppedAt: expect.any(Date) })],
      attachments: [expect.objectContaining({ todoId: id, fileName: 'plan.pdf' })],
      dayPlans: [expect.objectContaining({ date: '2027-01-31', tasks: [{ todoId: id, cost: 2 }] })],
    });
  });

  it('is erased: what the user wrote for others is kept without their id', async () => {
    const id = await leaveTraces();
    for (let counts = [1]; counts.some((count) => count > 0);) {
      counts = Object.values(await erase(1));
      expect(Math.max(...counts)).toBeLessThanOrEqual(1);
    }
    expect(await left()).toEqual([]);
    const { body } = await system.ask(`GET /v1/todos/${id}`, { token: bob.token });
    expect(body).toMatchObject({
      title: 'Hers',
      authorId: null,
      assigneeId: null,
      completedBy: null,
      categoryId: null,
      status: 'COMPLETED',
    });
    expect(await system.sql('SELECT 1 FROM todos.comments WHERE todo_id = $1', [id])).toHaveLength(2);
  });

  it('is deleted with a workspace, whatever its number of todos', async () => {
    const own = await gather(system, ada);
    await system.sql(
      `INSERT INTO todos.todos (id, version, workspace_id, author_id, title, status, priority, sort_order, created_at, updated_at)
       SELECT gen_random_uuid(), 1, $1, $2, 'Todo', 'PENDING', 1, 0, now(), now() FROM generate_series(1, 1200)`,
      [own, ada.id],
    );
    const mine = await createTodo(system, ada, await personalOf(system, ada));
    expect(await system.ask(`DELETE /v1/workspaces/${own}`, { token: ada.token })).toMatchObject({
      status: 204,
    });
    await eventually(
      async () => (await system.sql('SELECT 1 FROM todos.todos WHERE workspace_id = $1', [own])).length === 0,
    );
    expect(await system.ask(`GET /v1/todos/${mine.id}`, { token: ada.token })).toMatchObject({ status: 200 });
  });

  it('no longer has assignments after the user leaves the workspace or becomes a guest', async () => {
    const ids = await system.sql<{ id: string }>(
      `INSERT INTO todos.todos (id, version, workspace_id, author_id, assignee_id, title, status, priority, sort_order, created_at, updated_at)
       SELECT gen_random_uuid(), 1, $1, $2, $3, 'Todo', 'PENDING', 1, 0, now(), now() FROM generate_series(1, 120) RETURNING id`,
      [room, bob.id, ada.id],
    );
    const other = await gather(system, bob, [[ada, 'member']]);
    const kept = await createTodo(system, bob, other, { assigneeId: ada.id });
    await system.ask(`DELETE /v1/workspaces/${room}/members/${ada.id}`, { token: bob.token });
    await eventually(
      async () =>
        (
          await system.sql('SELECT 1 FROM todos.todos WHERE workspace_id = $1 AND assignee_id IS NOT NULL', [
            room,
          ])
        ).length === 0,
    );
    const events = await system.sql(
      `SELECT 1 FROM messaging.outbox WHERE type = 'todos.todo-updated' AND subject = ANY ($1::uuid[])`,
      [ids.map(({ id }) => id)],
    );
    expect(events).toHaveLength(120);
    const { body } = await system.ask(`GET /v1/todos/${kept.id}`, { token: bob.token });
    expect(body.assigneeId).toBe(ada.id);
    await system.ask(`PATCH /v1/workspaces/${other}/members/${ada.id}`, {
      token: bob.token,
      body: { role: 'guest' },
    });
    await eventually(async () => {
      const { body: now } = await system.ask(`GET /v1/todos/${kept.id}`, { token: bob.token });
      return now.assigneeId === null;
    });
  });
});
