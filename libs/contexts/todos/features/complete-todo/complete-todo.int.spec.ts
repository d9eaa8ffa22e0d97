import { enroll } from '@rookery/contexts/identity/testing';
import { createTodo, eventsAbout } from '@rookery/contexts/todos/testing';
import { gather } from '@rookery/contexts/workspaces/testing';
import { type Person, race, sharedSystem } from '@rookery/testing';

const DAY_MS = 86_400_000;

describe('Completing a todo', () => {
  const system = sharedSystem();
  let ada: Person;
  let bob: Person;
  let room: string;

  beforeAll(async () => {
    [ada, bob] = await Promise.all([enroll(system), enroll(system)]);
    room = await gather(system, ada, [[bob, 'member']]);
  });

  const complete = (who: Person, id: string) =>
    system.ask(`PATCH /v1/todos/${id}/complete`, { token: who.token });
  const reopen = (who: Person, id: string) => system.ask(`POST /v1/todos/${id}/reopen`, { token: who.token });
  const inDays = (days: number) => new Date(Date.now() + days * DAY_MS).toISOString();

  it('needs no version, takes effect once, and is undone by reopening', async () => {
    const { id } = await createTodo(system, ada, room);
    const done = await complete(bob, id);
    expect(done).toMatchObject({
      status: 200,
      body: {
        status: 'COMPLETED',
        completedBy: bob.id,
        completedAt: expect.any(String),
        nextId: null,
        version: 2,
      },
    });
    expect((await complete(ada, id)).body).toEqual(done.body);
    expect(await reopen(ada, id)).toMatchObject({
      status: 200,
      body: { status: 'PENDING', completedBy: null, completedAt: null, version: 3 },
    });
    expect(await reopen(ada, id)).toMatchObject({ status: 422, body: { code: 'todos.status-unreachable' } });
    expect(await eventsAbout(system, id)).toEqual([
      'todos.todo-created',
      'todos.todo-completed',
      'todos.todo-updated',
    ]);
  });

  it('creates the next todo of the series, which keeps its cadence also after missed dates', async () => {
    const dueDate = inDays(-2.5);
    const first = await createTodo(system, ada, room, {
      dueDate,
      recurrence: 'rrule:FREQ=DAILY',
      assigneeId: bob.id,
    });
    expect(first).toMatchObject({ recurrence: 'FREQ=DAILY', timeZone: 'UTC' });
    const { body } = await complete(bob, first.id);
    const next = await system.ask(`GET /v1/todos/${body.nextId}`, { token: ada.token });
    expect(next.body).toMatchObject({
      title: first.title,
      status: 'PENDING',
      recurrence: 'FREQ=DAILY',
      assigneeId: bob.id,
      dueDate: new Date(Date.parse(dueDate) + 3 * DAY_MS).toISOString(),
      version: 1,
    });
    expect(await eventsAbout(system, first.id)).toEqual([
      'todos.todo-created',
      'todos.todo-completed',
      'todos.todo-rolled-over',
    ]);
  });

  it('is refused before the day of the occurrence', async () => {
    const { id } = await createTodo(system, ada, room, { dueDate: inDays(2), recurrence: 'FREQ=WEEKLY' });
    expect(await complete(ada, id)).toMatchObject({ status: 422, body: { code: 'todos.future-occurrence' } });
    expect(await eventsAbout(system, id)).toEqual(['todos.todo-created']);
  });

  it('uses the time zone of the user who created the series', async () => {
    const carl = await enroll(system);
    await system.ask('PUT /v1/me/preferences', {
      token: carl.token,
      body: { interests: [], tone: 'calm', length: 'short', language: 'en', timeZone: 'Europe/Berlin' },
    });
    const own = await gather(system, carl);
    const first = await createTodo(system, carl, own, {
      dueDate: '2026-03-27T08:00:00Z', // 9:00 in Berlin, in winter
      recurrence: 'FREQ=DAILY;UNTIL=20991231',
    });
    const { body } = await complete(carl, first.id);
    const { body: next } = await system.ask(`GET /v1/todos/${body.nextId}`, { token: carl.token });
    const hour = new Date(next.dueDate).toLocaleTimeString('en', {
      timeZone: 'Europe/Berlin',
      hour: 'numeric',
    });
    expect({ hour, timeZone: next.timeZone }).toEqual({ hour: '9 AM', timeZone: 'Europe/Berlin' });
  });

  it('creates no next todo after COUNT dates', async () => {
    const { id } = await createTodo(system, ada, room, {
      dueDate: inDays(-1),
      recurrence: 'FREQ=DAILY;COUNT=1',
    });
    expect((await complete(ada, id)).body).toMatchObject({ status: 'COMPLETED', nextId: null });
  });

  it('creates one successor, also if two complete it at the same time, or if it is reopened', async () => {
    const { id } = await createTodo(system, ada, room, { dueDate: inDays(-1), recurrence: 'FREQ=DAILY' });
    const answers = await race(system, [() => complete(ada, id), () => complete(bob, id)]);
    expect(answers.map(({ status }) => status)).toEqual([200, 200]);
    const { nextId } = answers[0]!.body;
    expect(answers[1]!.body).toMatchObject({ nextId, completedBy: answers[0]!.body.completedBy });
    await reopen(ada, id);
    expect((await complete(ada, id)).body).toMatchObject({ status: 'COMPLETED', nextId });
    const types = await eventsAbout(system, id);
    expect(types.filter((type) => type === 'todos.todo-rolled-over')).toHaveLength(1);
  });

  it.each([
    ['FREQ=SECONDLY', 'FREQ must be DAILY, WEEKLY, MONTHLY or YEARLY'],
    ['every day', 'EVERY DAY is not a part that can be used'],
    ['FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30', 'has no further date within the next years'],
  ])('rejects the recurrence rule %s and says why', async (recurrence, why) => {
    const body = { title: 'x', dueDate: inDays(1), recurrence };
    const detail = expect.stringContaining(why);
    expect(await system.ask(`POST /v1/workspaces/${room}/todos`, { token: ada.token, body })).toMatchObject({
      status: 422,
      body: {
        code: 'todos.recurrence-invalid',
        detail,
        errors: [{ path: 'recurrence', code: 'recurrence', message: detail }],
      },
    });
  });

  it('requires a due date for a recurrence', async () => {
    const body = { title: 'x', recurrence: 'FREQ=DAILY' };
    expect(await system.ask(`POST /v1/workspaces/${room}/todos`, { token: ada.token, body })).toMatchObject({
      status: 422,
      body: { code: 'todos.recurrence-needs-due-date' },
    });
  });
});
