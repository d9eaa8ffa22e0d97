import { newId } from '@rookery/domain';
import { enroll } from '@rookery/contexts/identity/testing';
import { createTodo } from '@rookery/contexts/todos/testing';
import { gather } from '@rookery/contexts/workspaces/testing';
import { type Person, race, sharedSystem } from '@rookery/testing';

const DATE = '2027-03-28';

describe('The plan of a day', () => {
  const system = sharedSystem();
  let ada: Person;
  let bob: Person;
  let room: string;

  beforeEach(async () => {
    [ada, bob] = await Promise.all([enroll(system), enroll(system)]);
    room = await gather(system, bob, [[ada, 'guest']]);
  });

  const todo = async () => (await createTodo(system, bob, room)).id as string;
  const commit = (todoId: string, cost: number, date = DATE, who = ada) =>
    system.ask('POST /v1/schedule/commit', { token: who.token, body: { todoId, date, cost } });
  const plan = async (date = DATE) =>
    (await system.ask(`GET /v1/schedule/${date}`, { token: ada.token })).body;
  const full = { status: 409, body: { code: 'schedule.over-capacity' } };

  it('contains each todo once, up to a total cost of ten', async () => {
    expect(await plan()).toEqual({ date: DATE, capacity: 10, used: 0, tasks: [] });
    const [one, other, third] = [await todo(), await todo(), await todo()];
    for (const id of [one, other]) expect(await commit(id, 5)).toMatchObject({ status: 204 });
    expect(await commit(third, 1)).toMatchObject(full);
    expect(await commit(other, 4)).toMatchObject({ status: 204 });
    expect(await commit(third, 1)).toMatchObject({ status: 204 });
    expect(await commit(third, 1, '2027-03-29')).toMatchObject({ status: 204 });
    const { used, tasks } = await plan();
    expect({ used, tasks }).toMatchObject({
      used: 10,
      tasks: [
        { cost: 5, todo: { id: one, title: 'Water the plants' } },
        { cost: 4, todo: { id: other } },
        { cost: 1, todo: { id: third } },
      ],
    });
    const [event] = await system.sql(
      `SELECT data FROM messaging.outbox WHERE type = 'schedule.task-committed' AND data ->> 'todoId' = $1 ORDER BY id`,
      [one],
    );
    expect(event).toEqual({ data: { userId: ada.id, todoId: one, date: DATE, cost: 5 } });
  });

  it('never exceeds its capacity, also under concurrency', async () => {
    const ids = await Promise.all(Array.from({ length: 4 }, todo));
    const answers = await race(
      system,
      ids.map((id) => () => commit(id, 4)),
    );
    expect(answers.map(({ status }) => status)).toEqual([204, 204, 409, 409]);
    expect(answers[3]).toMatchObject(full);
    expect((await plan()).used).toBe(8);
  });

  it('exists for a limited number of days, also if two are planned at the same time', async () => {
    const id = await todo();
    const days = (count: number) =>
      system.sql(
        `INSERT INTO todos.day_plans (id, version, user_id, date, tasks)
         SELECT gen_random_uuid(), 1, $1, date '2100-01-01' + nr, '[]' FROM generate_series(1, $2::int) nr`,
        [ada.id, count],
      );
    await days(3_999);
    const answers = await race(system, [() => commit(id, 1), () => commit(id, 1, '2027-03-29')]);
    const tooMany = { status: 409, body: { code: 'todos.too-many-days' } };
    expect(answers).toMatchObject([{ status: 204 }, tooMany]);
    expect(await commit(id, 2)).toMatchObject({ status: 204 });
    // A day without todos is no longer a planned day.
    expect(await system.ask(`DELETE /v1/schedule/${DATE}/todos/${id}`, { token: ada.token })).toMatchObject({
      status: 204,
    });
    expect(await commit(id, 1, '2027-03-29')).toMatchObject({ status: 204 });
  });

  it('allows removing a todo, and returns 404 for a todo that is not in it', async () => {
    const id = await todo();
    await commit(id, 5);
    const withdraw = (which: string, date = DATE) =>
      system.ask(`DELETE /v1/schedule/${date}/todos/${which}`, { token: ada.token });
    expect(await withdraw(id)).toMatchObject({ status: 204 });
    for (const answer of [await withdraw(id), await withdraw(newId()), await withdraw(id, '2027-03-29')])
      expect(answer).toMatchObject({ status: 404 });
    expect((await plan()).used).toBe(0);
  });

  it('frees the capacity of todos that are deleted or can no longer be seen', async () => {
    const gone = await todo();
    await commit(gone, 5);
    await commit(await todo(), 5);
    await system.ask(`DELETE /v1/todos/${gone}`, { token: bob.token });
    expect(await plan()).toMatchObject({ used: 5, tasks: [{ cost: 5 }] });
    expect(await commit(await todo(), 5)).toMatchObject({ status: 204 });
    expect(await commit(await todo(), 1)).toMatchObject(full);

    await system.ask(`DELETE /v1/workspaces/${room}/members/${ada.id}`, { token: bob.token });
    expect(await plan()).toMatchObject({ used: 0, tasks: [] });
  });

  it('accepts only open todos that the user can see', async () => {
    const id = await todo();
    const eve = await enroll(system);
    expect(await commit(id, 1, DATE, eve)).toMatchObject({ status: 404 });
    await system.ask(`PATCH /v1/todos/${id}/complete`, { token: bob.token });
    expect(await commit(id, 1)).toMatchObject({ status: 422, body: { code: 'todos.closed' } });
  });

  it.each([
    ['cost', { cost: 0 }],
    ['cost', { cost: 6 }],
    ['date', { date: '2027-02-30' }],
    ['todoId', { todoId: 'first' }],
  ])('reports an invalid %s', async (path, own) => {
    const body = { todoId: newId(), date: DATE, cost: 1, ...own };
    expect(await system.ask('POST /v1/schedule/commit', { token: ada.token, body })).toMatchObject({
      status: 400,
      body: { errors: [{ path }] },
    });
  });

  it.each(['2027-02-30', 'tomorrow', '0000-01-01', '2027-1-1'])(
    'returns 404 for the date %s',
    async (date) => {
      expect(await system.ask(`GET /v1/schedule/${date}`, { token: ada.token })).toMatchObject({
        status: 404,
      });
    },
  );
});
