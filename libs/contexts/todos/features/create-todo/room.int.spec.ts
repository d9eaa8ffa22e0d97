import { enroll } from '@rookery/contexts/identity/testing';
import { createTodo } from '@rookery/contexts/todos/testing';
import { gather } from '@rookery/contexts/workspaces/testing';
import { eventually, type Person, race, sharedSystem } from '@rookery/testing';

const MAX = 100_000;

describe('The number of todos of a workspace', () => {
  const system = sharedSystem();
  let ada: Person;
  let room: string;

  beforeEach(async () => {
    ada = await enroll(system);
    room = await gather(system, ada);
  });

  const ask = (route: string, more: object = {}) => system.ask(route, { token: ada.token, ...more });
  const create = () => ask(`POST /v1/workspaces/${room}/todos`, { body: { title: 'Oak' } });
  const importing = (rows: number, query = '') =>
    ask(`POST /v1/workspaces/${room}/todos/import${query}`, {
      body: `title\r\n${'Birch\r\n'.repeat(rows)}`,
      headers: { 'content-type': 'text/csv' },
    });
  const complete = (id: string) => ask(`PATCH /v1/todos/${id}/complete`);
  /** Sets the count of the workspace without creating todos. */
  const pretend = (todos: number) =>
    system.sql(
      `INSERT INTO todos.workspace_totals (workspace_id, todos) VALUES ($1, $2)
       ON CONFLICT (workspace_id) DO UPDATE SET todos = excluded.todos`,
      [room, todos],
    );
  const counted = async () => {
    const [row] = await system.sql<{ todos: number; real: number }>(
      `SELECT todos, (SELECT count(*)::int FROM todos.todos WHERE workspace_id = $1) AS real
       FROM todos.workspace_totals WHERE workspace_id = $1`,
      [room],
    );
    return row;
  };
  const tooMany = { status: 409, body: { code: 'todos.too-many' } };

  it('is limited, also if two are created at the same time', async () => {
    await pretend(MAX - 1);
    expect(await race(system, [create, create])).toMatchObject([{ status: 201 }, tooMany]);
    expect(await create()).toMatchObject(tooMany);
    const { body } = await ask(`GET /v1/workspaces/${room}/todos`);
    expect(body.data).toHaveLength(1);
    expect(await ask(`DELETE /v1/todos/${body.data[0].id}`, { headers: { 'if-match': '*' } })).toMatchObject({
      status: 204,
    });
    expect(await create()).toMatchObject({ status: 201 });
  });

  it('is limited for imports, row by row, also if somebody adds a todo meanwhile', async () => {
    await pretend(MAX - 3);
    const told = { created: 3, refused: 2 };
    expect(await importing(5, '?dryRun=true')).toMatchObject({ body: told });
    expect(await importing(1, '?dryRun=true')).toMatchObject({ body: { created: 1, refused: 0 } });
    const [created, imported] = await race(system, [create, () => importing(5)]);
    expect(created).toMatchObject({ status: 201 });
    expect(imported).toMatchObject({ body: { created: 2, refused: 3 } });
    expect((imported!.body as { rows: { errors?: object[] }[] }).rows[4]!.errors).toMatchObject([
      { path: '', code: 'custom', params: { rule: 'todos.too-many' } },
    ]);
    expect(await create()).toMatchObject(tooMany);
  });

  it('does not stop a series at the limit', async () => {
    const { id } = await createTodo(system, ada, room, {
      dueDate: new Date().toISOString(),
      recurrence: 'FREQ=DAILY',
    });
    await pretend(MAX);
    expect(await complete(id)).toMatchObject({ status: 200, body: { nextId: expect.any(String) } });
  });

  it('is correct after each way of adding and deleting todos, and is deleted with the workspace', async () => {
    const parent = await createTodo(system, ada, room);
    for (const title of ['One', 'Two']) await createTodo(system, ada, room, { title, parentId: parent.id });
    const daily = await createTodo(system, ada, room, {
      dueDate: new Date().toISOString(),
      recurrence: 'FREQ=DAILY',
    });
    await complete(daily.id);
    await importing(7);
    expect(await counted()).toEqual({ todos: 12, real: 12 });
    await ask(`DELETE /v1/todos/${parent.id}`, { headers: { 'if-match': '*' } });
    expect(await counted()).toEqual({ todos: 9, real: 9 });
    // The foreign key also deletes sub-todos when only the parent is deleted.
    const other = await createTodo(system, ada, room);
    await createTodo(system, ada, room, { parentId: other.id });
    await system.sql('DELETE FROM todos.todos WHERE id = $1', [other.id]);
    expect(await counted()).toEqual({ todos: 9, real: 9 });
    await ask(`DELETE /v1/workspaces/${room}`);
    await eventually(async () => (await counted()) === undefined);
  });
});
