import { newId } from '@rookery/domain';
import { enroll } from '@rookery/contexts/identity/testing';
import { createTodo } from '@rookery/contexts/todos/testing';
import { gather } from '@rookery/contexts/workspaces/testing';
import { type Person, sharedSystem } from '@rookery/testing';
import { verifyWalks } from '@rookery/testing/walk';

describe('Lists of todos', () => {
  const system = sharedSystem();
  let ada: Person;
  let bob: Person;
  let room: string;

  beforeEach(async () => {
    [ada, bob] = await Promise.all([enroll(system), enroll(system)]);
    room = await gather(system, ada, [[bob, 'member']]);
  });

  const list = (query: string, who = ada) =>
    system.ask(`GET /v1/workspaces/${room}/todos?${query}`, { token: who.token });
  const titles = async (query: string, who = ada) => {
    const { status, body } = await list(query, who);
    expect(status).toBe(200);
    return (body.data as { title: string }[]).map(({ title }) => title);
  };
  const mine = async (who: Person, query = '') => {
    const { body } = await system.ask(`GET /v1/todos?${query}`, { token: who.token });
    return (body.data as { title: string }[]).map(({ title }) => title);
  };

  it('contain the todos that match each filter, newest first', async () => {
    const { body: category } = await system.ask('POST /v1/categories', {
      token: ada.token,
      body: { name: 'Garden' },
    });
    const oak = await createTodo(system, ada, room, {
      title: 'Oak',
      priority: 'high',
      dueDate: '2020-01-01T00:00:00Z',
      categoryId: category.id,
    });
    await createTodo(system, ada, room, { title: 'Birch', status: 'DRAFT', dueDate: '2020-01-02T00:00:00Z' });
    await createTodo(system, ada, room, {
      title: 'Acorn',
      parentId: oak.id,
      priority: 'low',
      assigneeId: bob.id,
    });
    const { id } = await createTodo(system, ada, room, {
      title: 'Cedar',
      description: 'An old oak-like tree',
      dueDate: '2090-01-01T00:00:00Z',
    });
    await system.ask(`PATCH /v1/todos/${id}/complete`, { token: ada.token });

    const cases: [string, string[]][] = [
      ['', ['Cedar', 'Acorn', 'Birch', 'Oak']],
      ['sort=asc', ['Oak', 'Birch', 'Acorn', 'Cedar']],
      ['sort=dueDate', ['Oak', 'Birch', 'Cedar', 'Acorn']],
      ['sort=priority', ['Oak', 'Cedar', 'Birch', 'Acorn']],
      ['status=PENDING', ['Acorn', 'Oak']],
      ['status=DRAFT,COMPLETED', ['Cedar', 'Birch']],
      ['priority=high', ['Oak']],
      ['status=&priority=', ['Cedar', 'Acorn', 'Birch', 'Oak']],
      ['priority=low,high&sort=asc', ['Oak', 'Acorn']],
      [`categoryId=${category.id}`, ['Oak']],
      [`parentId=${oak.id}`, ['Acorn']],
      [`assigneeId=${bob.id}`, ['Acorn']],
      ['dueFrom=2020-01-02T00:00:00Z', ['Cedar', 'Birch']],
      ['dueTo=2020-01-02T00:00:00Z', ['Birch', 'Oak']],
      ['dueFrom=2020-01-02T00:00:00Z&dueTo=2021-01-01T00:00:00Z', ['Birch']],
      ['overdue=true', ['Oak']],
      ['overdue=false', ['Cedar', 'Acorn', 'Birch']],
      ['search=oak', ['Cedar', 'Oak']],
      ['search=oak%20-old', ['Oak']],
      ['search=birch%20or%20acorn', ['Acorn', 'Birch']],
      ['search=oak&status=COMPLETED', ['Cedar']],
      [`tag=${newId()}`, []],
      ['tag=nothing', []],
    ];
    for (const [query, expected] of cases) expect([query, await titles(query)]).toEqual([query, expected]);
  });

  it('never contain todos of other workspaces, whatever the search', async () => {
    const other = await gather(system, bob);
    await createTodo(system, bob, other, { title: 'Secret oak' });
    for (const query of ['search=oak', `search=oak%20or%20w${other}`, `search=w${other}`, 'search=-birch'])
      expect(await titles(query)).toEqual([]);
    expect(await mine(ada, 'search=oak')).toEqual([]);
    expect(await mine(bob, 'search=oak')).toEqual(['Secret oak']);
  });

  it('of a user contain the todos that they are responsible for, in all of their workspaces', async () => {
    const other = await gather(system, bob, [[ada, 'member']]);
    await createTodo(system, ada, room, { title: 'Wrote' });
    await createTodo(system, bob, room, { title: 'Assigned', assigneeId: ada.id });
    await createTodo(system, ada, other, { title: 'Elsewhere' });
    await createTodo(system, ada, room, { title: 'Given away', assigneeId: bob.id });
    expect(await mine(ada)).toEqual(['Elsewhere', 'Assigned', 'Wrote']);
    expect(await mine(ada, 'status=&priority=')).toEqual(['Elsewhere', 'Assigned', 'Wrote']);
    expect(await mine(bob)).toEqual(['Given away']);
    const { body: stats } = await system.ask('GET /v1/todos/stats', { token: ada.token });
    expect(stats).toEqual({ total: 3, draft: 0, pending: 3, completed: 0, archived: 0, overdue: 0 });

    await system.ask(`DELETE /v1/workspaces/${other}/members/${ada.id}`, { token: bob.token });
    expect(await mine(ada)).toEqual(['Assigned', 'Wrote']);
    const { body: fewer } = await system.ask('GET /v1/todos/stats', { token: ada.token });
    expect(fewer.total).toBe(2);
  });

  it.each(['desc', 'asc', 'dueDate', 'priority'])(
    'contain each todo once over all pages, sorted by %s',
    async (sort) => {
      await system.sql(
        `INSERT INTO todos.todos (id, version, workspace_id, author_id, title, status, priority, due_at, sort_order,
         created_at, updated_at)
       SELECT gen_random_uuid(), 1, $1, $2, 'Todo', 'PENDING', nr % 3,
              CASE WHEN nr % 4 > 0 THEN timestamptz '2026-01-01' + nr % 4 * interval '1 day' END, 0, now(), now()
       FROM generate_series(1, 23) nr`,
        [room, ada.id],
      );
      const seen: string[] = [];
      for (let cursor = ''; ;) {
        const { body } = await list(`sort=${sort}&limit=5${cursor && `&cursor=${cursor}`}`);
        seen.push(...body.data.map(({ id }: { id: string }) => id));
        if (body.page.nextCursor === null) break;
        cursor = body.page.nextCursor;
      }
      const { body: whole } = await list(`sort=${sort}&limit=100`);
      expect(seen).toEqual(whole.data.map(({ id }: { id: string }) => id));
      expect(new Set(seen).size).toBe(23);
    },
  );

  it('neither skip nor repeat existing todos while others are created and deleted', async () => {
    await verifyWalks(async () => {
      const own = await gather(system, ada);
      return {
        // Newest first is by id: a version 7 UUID made from the time.
        insert: async (times) =>
          Promise.all(
            times.map(async (time) => {
              const [row] = await system.sql<{ id: string }>(
                `INSERT INTO todos.todos (id, version, workspace_id, author_id, title, status, priority, sort_order,
                   created_at, updated_at)
                 VALUES (overlay(gen_random_uuid()::text placing '0190000' || $3::text from 1 for 8)::uuid, 1, $1, $2,
                   'Walk', 'PENDING', 1, 0, timestamptz '2024-01-01' + $3::int * interval '1 ms', now()) RETURNING id`,
                [own, ada.id, time],
              );
              return row!.id;
            }),
          ),
        remove: async (ids) =>
          void (await system.sql('DELETE FROM todos.todos WHERE id = ANY ($1::uuid[])', [ids])),
        page: async (query) =>
          (await system.ask(`GET /v1/workspaces/${own}/todos?${query}`, { token: ada.token })).body,
      };
    });
  });

  it('refuse a cursor of another list, order or filter', async () => {
    for (let nr = 0; nr < 3; nr += 1) await createTodo(system, ada, room);
    const { body } = await list('limit=1');
    const { nextCursor } = body.page;
    for (const query of ['sort=asc', 'status=PENDING'])
      expect(await list(`${query}&cursor=${nextCursor}`)).toMatchObject({
        status: 400,
        body: { code: 'request.invalid-cursor' },
      });
    expect(await system.ask(`GET /v1/todos?cursor=${nextCursor}`, { token: ada.token })).toMatchObject({
      status: 400,
    });
    expect(await list(`cursor=${nextCursor}`, bob)).toMatchObject({ status: 200 });
  });

  it.each([
    ['status', 'status=DONE'],
    ['dueFrom', 'dueFrom=2026-02-01T00:00:00Z&dueTo=2026-01-01T00:00:00Z'],
    ['sort', 'sort=random'],
    ['mood', 'mood=good'],
  ])('report an invalid %s', async (path, query) => {
    const { status, body } = await list(query);
    expect({ status, path: body.errors?.[0]?.path.split('.')[0] }).toEqual({ status: 400, path });
  });
});
