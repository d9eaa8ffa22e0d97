import { enroll } from '@rookery/contexts/identity/testing';
import { createTodo } from '@rookery/contexts/todos/testing';
import { gather } from '@rookery/contexts/workspaces/testing';
import { eventually, type Person, sharedSystem } from '@rookery/testing';

describe('The todos of a deleted workspace', () => {
  const system = sharedSystem();
  let ada: Person;
  let room: string;

  beforeEach(async () => {
    ada = await enroll(system);
    room = await gather(system, ada);
  });

  /** Creates todos. Sub-todos come after their parents. */
  const plant = (count: number, parents: readonly string[] = []) =>
    system.sql<{ id: string }>(
      `INSERT INTO todos.todos (id, version, workspace_id, author_id, parent_id, title, status, priority, sort_order,
         created_at, updated_at)
       SELECT overlay(gen_random_uuid()::text PLACING CASE WHEN $4::uuid[] = '{}' THEN '0' ELSE 'f' END FROM 1)::uuid, 1, $1, $2,
              ($4::uuid[])[1 + nr % greatest(1, cardinality($4::uuid[]))], 'Todo', 'PENDING',
              1, 0, now(), now()
       FROM generate_series(1, $3::int) nr RETURNING id`,
      [room, ada.id, count, parents],
    );
  /** Deletes the workspace. @returns number of transactions that deleted its todos, without the last one */
  const clear = async () => {
    await system.ask(`DELETE /v1/workspaces/${room}`, { token: ada.token });
    await eventually(async () => {
      const left = await system.sql('SELECT 1 FROM todos.workspace_totals WHERE workspace_id = $1', [room]);
      return left.length === 0;
    });
    for (const table of ['todos', 'comments'])
      expect(await system.sql(`SELECT 1 FROM todos.${table} WHERE workspace_id = $1`, [room])).toEqual([]);
    const continued = await system.sql(
      `SELECT 1 FROM messaging.outbox WHERE type = 'todos.clearing-continued' AND data ->> 'workspaceId' = $1`,
      [room],
    );
    return continued.length;
  };

  it('are deleted in batches of limited size, without events for each todo', async () => {
    const { id } = await createTodo(system, ada, room);
    await plant(9_999);
    expect(await clear()).toBe(20);
    expect(
      await system.sql(`SELECT 1 FROM messaging.outbox WHERE subject = $1 AND type = 'todos.todo-deleted'`, [
        id,
      ]),
    ).toEqual([]);
  });

  it('are deleted after their comments and sub-todos, which are deleted in batches too', async () => {
    const parents = (await plant(12)).map(({ id }) => id);
    const children = await plant(1_200, parents);
    await system.sql(
      `INSERT INTO todos.comments (id, version, todo_id, workspace_id, author_id, content, mentioned_ids, created_at,
         updated_at)
       SELECT gen_random_uuid(), 1, ($1::uuid[])[1 + nr % 2], $2, $3, 'Hm', '{}', now(), now()
       FROM generate_series(1, 5000) nr`,
      [[parents[0], children[0]!.id], room, ada.id],
    );
    // Twice 2,000 comments, then twice 500 sub-todos, then the rest in one transaction.
    expect(await clear()).toBe(4);
  });
});
