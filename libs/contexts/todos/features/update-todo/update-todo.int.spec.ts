import { newId } from '@rookery/domain';
import { enroll } from '@rookery/contexts/identity/testing';
import { createTodo, eventsAbout } from '@rookery/contexts/todos/testing';
import { gather } from '@rookery/contexts/workspaces/testing';
import { type Person, race, sharedSystem } from '@rookery/testing';

describe('Changing a todo', () => {
  const system = sharedSystem();
  let ada: Person;
  let bob: Person;
  let guest: Person;
  let eve: Person;
  let room: string;
  // eslint-disable-next-line @typescript-eslint/no-explicit-any
  let todo: any;

  beforeAll(async () => {
    [ada, bob, guest, eve] = await Promise.all([
      enroll(system),
      enroll(system),
      enroll(system),
      enroll(system),
    ]);
    room = await gather(system, ada, [
      [bob, 'member'],
      [guest, 'guest'],
    ]);
  });
  beforeEach(async () => {
    todo = await createTodo(system, ada, room, {
      description: 'Twice a week.',
      dueDate: '2027-01-31T16:00:00.000Z',
    });
  });

  const change = (who: Person, body: object, ifMatch = '*', id: string = todo.id) =>
    system.ask(`PATCH /v1/todos/${id}`, {
      token: who.token,
      body,
      ...(ifMatch !== '' && { headers: { 'if-match': ifMatch } }),
    });

  it('returns the changed todo with its new version, and raises an event with the changed fields', async () => {
    const changes = { title: 'Water the ferns', priority: 'high', dueDate: null, assigneeId: ada.id };
    const { status, headers, body } = await change(bob, changes, '"1"');
    expect({ status, etag: headers.etag }).toEqual({ status: 200, etag: expect.stringMatching(/^"2-/) });
    expect(body).toEqual({ ...todo, ...changes, version: 2, updatedAt: expect.any(String) });
    const [event] = await system.sql(
      `SELECT data FROM messaging.outbox WHERE subject = $1 AND type = 'todos.todo-updated'`,
      [todo.id],
    );
    expect(event).toEqual({
      data: {
        workspaceId: room,
        status: 'PENDING',
        assigneeId: ada.id,
        changed: ['title', 'priority', 'assigneeId', 'dueDate'],
      },
    });
  });

  it('creates no new version for unchanged content', async () => {
    const { title, description, dueDate, status, priority } = todo;
    for (const same of [{}, { title, description, dueDate, status, priority }])
      expect(await change(ada, same, '"1"')).toMatchObject({ status: 200, body: todo });
    expect(await eventsAbout(system, todo.id)).toEqual(['todos.todo-created']);
  });

  it('checks in this order: 404, 403, version, rules', async () => {
    const wrong = { categoryId: newId() };
    expect(await change(eve, wrong, '')).toMatchObject({ status: 404 });
    expect(await change(guest, wrong, '')).toMatchObject({ status: 403 });
    expect(await change(bob, wrong, '')).toMatchObject({ status: 428 });
    const stale = await change(bob, wrong, '"7"');
    expect({ status: stale.status, etag: stale.headers.etag }).toEqual({ status: 412, etag: '"1"' });
    expect(await change(bob, wrong, '"1"')).toMatchObject({ status: 422 });
  });

  it('allows only valid changes of status', async () => {
    expect(await change(ada, { status: 'DRAFT' })).toMatchObject({ body: { status: 'DRAFT' } });
    expect(await change(ada, { status: 'COMPLETED', title: 'Done' })).toMatchObject({
      body: { status: 'COMPLETED', title: 'Done', completedBy: ada.id, version: 4 },
    });
    expect(await change(ada, { status: 'COMPLETED' })).toMatchObject({ status: 200, body: { version: 4 } });
    expect(await change(ada, { status: 'PENDING' })).toMatchObject({
      status: 422,
      body: { code: 'todos.status-unreachable', errors: [{ path: 'status' }] },
    });
    expect(await change(ada, { status: 'ARCHIVED' })).toMatchObject({ body: { status: 'ARCHIVED' } });
    expect(await eventsAbout(system, todo.id)).toEqual([
      'todos.todo-created',
      'todos.todo-updated',
      'todos.todo-updated',
      'todos.todo-completed',
      'todos.todo-updated',
    ]);
  });

  it('accepts one of two concurrent changes of a version', async () => {
    const answers = await race(system, [
      () => change(ada, { title: 'One' }, '"1"'),
      () => change(bob, { title: 'Other' }, '"1"'),
    ]);
    expect(answers.map(({ status }) => status).toSorted((a, b) => a - b)).toEqual([200, 412]);
  });

  it('returns 404 to a user who was removed from the workspace meanwhile', async () => {
    const carl = await enroll(system);
    const shared = await gather(system, ada, [[carl, 'member']]);
    const { id } = await createTodo(system, ada, shared);
    expect(await change(carl, { title: 'Mine' }, '*', id)).toMatchObject({ status: 200 });
    await system.ask(`DELETE /v1/workspaces/${shared}/members/${carl.id}`, { token: ada.token });
    expect(await change(carl, { title: 'Again' }, '*', id)).toMatchObject({ status: 404 });
    expect(await system.ask(`GET /v1/todos/${id}`, { token: carl.token })).toMatchObject({ status: 404 });
  });
});
