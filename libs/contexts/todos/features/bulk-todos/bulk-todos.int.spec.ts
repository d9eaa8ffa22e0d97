import { contexts } from '@rookery/contexts';
import { newId } from '@rookery/domain';
import { enroll } from '@rookery/contexts/identity/testing';
import { createTodo, eventsAbout } from '@rookery/contexts/todos/testing';
import { gather } from '@rookery/contexts/workspaces/testing';
import { type Person, sharedSystem } from '@rookery/testing';
import { ownSystem } from '@rookery/testing/own-system';

describe('Changing todos in bulk', () => {
  const system = sharedSystem();
  let ada: Person;
  let guest: Person;
  let room: string;

  beforeAll(async () => {
    [ada, guest] = await Promise.all([enroll(system), enroll(system)]);
    room = await gather(system, ada, [[guest, 'guest']]);
  });

  const bulk = (who: Person, operations: object[], headers = {}) =>
    system.ask('POST /v1/todos/bulk', { token: who.token, body: { operations }, headers });
  const make = async () => (await createTodo(system, ada, room)).id as string;

  it('runs each operation separately: a refused operation does not undo the others', async () => {
    const [done, stale, archived, gone, foreign] = [
      await make(),
      await make(),
      await make(),
      await make(),
      newId(),
    ];
    const { status, body } = await bulk(ada, [
      { action: 'complete', id: done },
      { action: 'complete', id: stale, version: 7 },
      { action: 'archive', id: archived, version: 1 },
      { action: 'delete', id: gone },
      { action: 'reopen', id: foreign },
      { action: 'reopen', id: archived },
      { action: 'reopen', id: archived },
    ]);
    expect(status).toBe(207);
    expect(body.results).toEqual([
      { id: done, status: 200 },
      {
        id: stale,
        status: 412,
        problem: expect.objectContaining({
          code: 'precondition.failed',
          status: 412,
          instance: '/v1/todos/bulk',
          traceId: expect.stringMatching(/^[0-9a-f]{32}$/),
        }),
      },
      { id: archived, status: 200 },
      { id: gone, status: 204 },
      { id: foreign, status: 404, problem: expect.objectContaining({ code: 'resource.not-found' }) },
      { id: archived, status: 200 },
      { id: archived, status: 422, problem: expect.objectContaining({ code: 'todos.status-unreachable' }) },
    ]);
    expect(await eventsAbout(system, done)).toEqual(['todos.todo-created', 'todos.todo-completed']);
    expect(await eventsAbout(system, stale)).toEqual(['todos.todo-created']);
  });

  it('checks the permission of the caller for each todo', async () => {
    const id = await make();
    const { body } = await bulk(guest, [{ action: 'delete', id }]);
    expect(body.results).toMatchObject([{ id, status: 403, problem: { code: 'auth.forbidden' } }]);
    const stranger = await enroll(system);
    expect((await bulk(stranger, [{ action: 'delete', id }])).body.results).toMatchObject([{ status: 404 }]);
  });

  it('takes effect once for an idempotency key', async () => {
    const [one, other] = [await make(), await make()];
    const operations = [
      { action: 'complete', id: one },
      { action: 'delete', id: newId() },
      { action: 'archive', id: other },
    ];
    const key = { 'idempotency-key': newId() };
    const first = await bulk(ada, operations, key);
    const again = await bulk(ada, operations, key);
    expect(again).toMatchObject({
      status: 207,
      body: first.body,
      headers: { 'idempotency-replayed': 'true' },
    });
    expect(await eventsAbout(system, one)).toHaveLength(2);
  });

  it.each([
    ['operations', []],
    ['operations', Array.from({ length: 101 }, () => ({ action: 'complete', id: newId() }))],
    ['operations.0.action', [{ action: 'explode', id: newId() }]],
    ['operations.0.id', [{ action: 'delete', id: '7' }]],
    [
      'operations.1.version',
      [
        { action: 'delete', id: newId() },
        { action: 'delete', id: newId(), version: 0 },
      ],
    ],
  ])('reports an invalid %s before it changes anything', async (path, operations) => {
    expect(await bulk(ada, operations)).toMatchObject({ status: 400, body: { errors: [{ path }] } });
  });

  it('accepts a hundred operations', async () => {
    const ids = await system.sql<{ id: string }>(
      `INSERT INTO todos.todos (id, version, workspace_id, author_id, title, status, priority, sort_order, created_at,
         updated_at)
       SELECT gen_random_uuid(), 1, $1, $2, 'Part', 'PENDING', 1, 0, now(), now() FROM generate_series(1, 100)
       RETURNING id`,
      [room, ada.id],
    );
    const { body } = await bulk(
      ada,
      ids.map(({ id }) => ({ action: 'archive', id, version: 1 })),
    );
    expect(new Set(body.results.map((each: { status: number }) => each.status))).toEqual(new Set([200]));
  });
});

describe('Changing todos in bulk on a slow database', () => {
  const system = ownSystem(contexts);

  it('can take longer in total than the wait budget of one request', async () => {
    const ada = await enroll(system);
    const room = await gather(system, ada);
    const todos = await Promise.all([1, 2, 3, 4].map(() => createTodo(system, ada, room)));
    await system.sql(
      `CREATE FUNCTION public.dawdle() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN PERFORM pg_sleep(1.5); RETURN NEW; END $$`,
    );
    await system.sql(
      'CREATE TRIGGER dawdle BEFORE UPDATE ON todos.todos FOR EACH ROW EXECUTE FUNCTION public.dawdle()',
    );
    const { status, body } = await system.ask('POST /v1/todos/bulk', {
      token: ada.token,
      body: { operations: todos.map(({ id }) => ({ action: 'complete', id })) },
    });
    expect(status).toBe(207);
    expect(body.results).toEqual(todos.map(({ id }) => ({ id, status: 200 })));
  });
});
