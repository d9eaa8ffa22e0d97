import { enroll } from '@rookery/contexts/identity/testing';
import { createTodo } from '@rookery/contexts/todos/testing';
import { gather } from '@rookery/contexts/workspaces/testing';
import { type Person, race, sharedSystem } from '@rookery/testing';

describe('Focusing on a todo', () => {
  const system = sharedSystem();
  let ada: Person;
  let guest: Person;
  let room: string;
  let one: string;
  let other: string;

  beforeEach(async () => {
    [ada, guest] = await Promise.all([enroll(system), enroll(system)]);
    room = await gather(system, ada, [[guest, 'guest']]);
    one = (await createTodo(system, ada, room)).id;
    other = (await createTodo(system, ada, room)).id;
  });

  const start = (id: string, who = ada) =>
    system.ask(`POST /v1/todos/${id}/focus/start`, { token: who.token });
  const stop = (id: string, who = ada) => system.ask(`POST /v1/todos/${id}/focus/stop`, { token: who.token });
  const focus = async (who = ada) => (await system.ask('GET /v1/focus', { token: who.token })).body;

  it('keeps the latest thousand sessions', async () => {
    await system.sql(
      `INSERT INTO todos.focus_sessions (id, version, user_id, todo_id, workspace_id, started_at, stopped_at)
       SELECT ('01000000-0000-7000-8000-' || lpad(nr::text, 12, '0'))::uuid, 1, $1, $2, $3, now(), now()
       FROM generate_series(1, 1002) nr
       ON CONFLICT DO NOTHING`,
      [ada.id, one, room],
    );
    expect(await start(one)).toMatchObject({ status: 204 });
    const [kept] = await system.sql(
      `SELECT count(*)::int AS count, count(*) FILTER (WHERE stopped_at IS NULL)::int AS active, min(id::text) AS oldest
       FROM todos.focus_sessions WHERE user_id = $1`,
      [ada.id],
    );
    expect(kept).toEqual({ count: 1_000, active: 1, oldest: '01000000-0000-7000-8000-000000000004' });
  });

  it('is possible on one todo at a time, until it is stopped', async () => {
    expect(await focus()).toEqual({ todoId: null, startedAt: null });
    expect(await start(one)).toMatchObject({ status: 204 });
    expect(await focus()).toEqual({ todoId: one, startedAt: expect.any(String) });
    for (const id of [one, other])
      expect(await start(id)).toMatchObject({ status: 409, body: { code: 'todos.focus-active' } });
    expect(await stop(other)).toMatchObject({ status: 409, body: { code: 'todos.focus-not-active' } });
    expect(await stop(one)).toMatchObject({ status: 204 });
    expect(await stop(one)).toMatchObject({ status: 409 });
    expect(await start(other)).toMatchObject({ status: 204 });
    const events = await system.sql(
      `SELECT type, data FROM messaging.outbox WHERE data ->> 'userId' = $1 AND type LIKE 'todos.focus%' ORDER BY id`,
      [ada.id],
    );
    expect(events).toEqual([
      { type: 'todos.focus-started', data: { userId: ada.id, todoId: one, workspaceId: room } },
      { type: 'todos.focus-stopped', data: { userId: ada.id, todoId: one, workspaceId: room } },
      { type: 'todos.focus-started', data: { userId: ada.id, todoId: other, workspaceId: room } },
    ]);
  });

  it('is possible on one todo at a time, also if several are started at the same time', async () => {
    const answers = await race(system, [() => start(one), () => start(other), () => start(one)]);
    expect(answers.map(({ status }) => status).toSorted((a, b) => a - b)).toEqual([204, 409, 409]);
  });

  it('is possible for everybody who can see the todo, independently of each other', async () => {
    expect([await start(one), await start(one, guest)]).toMatchObject([{ status: 204 }, { status: 204 }]);
    const eve = await enroll(system);
    expect([await start(one, eve), await stop(one, eve)]).toMatchObject([{ status: 404 }, { status: 404 }]);
  });

  it('ends when the user completes the todo or the todo is deleted, and cannot start on a closed todo', async () => {
    await start(one);
    await start(one, guest);
    await system.ask(`PATCH /v1/todos/${one}/complete`, { token: ada.token });
    expect([(await focus()).todoId, (await focus(guest)).todoId]).toEqual([null, one]);
    expect(await start(one)).toMatchObject({ status: 422, body: { code: 'todos.closed' } });
    await system.ask(`DELETE /v1/todos/${one}`, { token: ada.token });
    expect((await focus(guest)).todoId).toBeNull();
  });

  it('can be stopped by somebody who can no longer see the todo', async () => {
    await start(one, guest);
    await system.ask(`DELETE /v1/workspaces/${room}/members/${guest.id}`, { token: ada.token });
    expect(await stop(one, guest)).toMatchObject({ status: 204 });
    expect(await stop(one, guest)).toMatchObject({ status: 404 });
  });
});
