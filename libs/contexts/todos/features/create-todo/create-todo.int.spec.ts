import { newId } from '@rookery/domain';
import { enroll } from '@rookery/contexts/identity/testing';
import { createTodo, eventsAbout } from '@rookery/contexts/todos/testing';
import { gather, personalOf } from '@rookery/contexts/workspaces/testing';
import { type Person, race, sharedSystem } from '@rookery/testing';

describe('Creating a todo', () => {
  const system = sharedSystem();
  let ada: Person;
  let bob: Person;
  let guest: Person;
  let eve: Person;
  let room: string;

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

  const create = (body: object, who = ada, workspaceId = room) =>
    system.ask(`POST /v1/workspaces/${workspaceId}/todos`, { token: who.token, body });

  it('returns the todo, its version and its location, and raises an event without its text', async () => {
    const { status, headers, body } = await create({ title: ' Water the plants ' });
    expect({ status, location: headers.location, etag: headers.etag }).toEqual({
      status: 201,
      location: `/v1/todos/${body.id}`,
      etag: expect.stringMatching(/^"1-/),
    });
    expect(body).toEqual({
      id: expect.any(String),
      workspaceId: room,
      title: 'Water the plants',
      description: null,
      status: 'PENDING',
      priority: 'medium',
      dueDate: null,
      parentId: null,
      categoryId: null,
      tags: [],
      recurrence: null,
      timeZone: null,
      nextId: null,
      assigneeId: null,
      authorId: ada.id,
      sortOrder: 0,
      color: null,
      difficulty: null,
      completedAt: null,
      completedBy: null,
      createdAt: expect.stringMatching(/\.\d{3}Z$/),
      updatedAt: body.createdAt,
      version: 1,
    });
    expect(await system.ask(`GET ${headers.location as string}`, { token: bob.token })).toMatchObject({
      status: 200,
      body,
    });
    const [event] = await system.sql('SELECT type, data FROM messaging.outbox WHERE subject = $1', [body.id]);
    expect(event).toEqual({
      type: 'todos.todo-created',
      data: { workspaceId: room, authorId: ada.id, assigneeId: null, parentId: null, status: 'PENDING' },
    });
  });

  it('accepts all fields', async () => {
    const { body: category } = await system.ask('POST /v1/categories', {
      token: ada.token,
      body: { name: `Garden ${newId()}` },
    });
    const parent = await createTodo(system, ada, room);
    const all = {
      title: 'Ferns',
      description: 'They need little.',
      status: 'DRAFT',
      priority: 'high',
      dueDate: '2027-01-31T16:00:00.000Z',
      parentId: parent.id,
      categoryId: category.id,
      assigneeId: bob.id,
      sortOrder: -3,
      color: '#00ff7F',
      difficulty: 5,
    };
    expect(await create(all)).toMatchObject({ status: 201, body: all });
  });

  it('works in a personal workspace', async () => {
    const personal = await personalOf(system, ada);
    expect(await create({ title: 'Mine' }, ada, personal)).toMatchObject({ status: 201 });
    expect(await create({ title: 'Not yours' }, bob, personal)).toMatchObject({ status: 404 });
  });

  it('is allowed for owners and members, but not for guests; others get 404', async () => {
    const body = { title: 'Anything' };
    expect(await create(body, bob)).toMatchObject({ status: 201 });
    expect(await create(body, guest)).toMatchObject({ status: 403, body: { code: 'auth.forbidden' } });
    expect(await create(body, eve)).toMatchObject({ status: 404, body: { code: 'resource.not-found' } });
    expect(await create(body, ada, newId())).toMatchObject({ status: 404 });
  });

  it.each([
    ['title', { title: '' }],
    ['title', { title: 'x'.repeat(256) }],
    ['description', { title: 'x', description: 'x'.repeat(1_001) }],
    ['status', { title: 'x', status: 'COMPLETED' }],
    ['priority', { title: 'x', priority: 'urgent' }],
    ['dueDate', { title: 'x', dueDate: 'tomorrow' }],
    ['color', { title: 'x', color: 'red' }],
    ['difficulty', { title: 'x', difficulty: 6 }],
    ['authorId', { title: 'x', authorId: newId() }],
  ])('reports an invalid %s', async (path, body) => {
    expect(await create(body)).toMatchObject({ status: 400, body: { errors: [{ path }] } });
  });

  it('rejects categories of other users, and assignees who are guests or outside the workspace', async () => {
    const { body: theirs } = await system.ask('POST /v1/categories', {
      token: bob.token,
      body: { name: `Theirs ${newId()}` },
    });
    for (const categoryId of [theirs.id, newId()])
      expect(await create({ title: 'x', categoryId })).toMatchObject({
        status: 422,
        body: { code: 'todos.category-unknown', errors: [{ path: 'categoryId' }] },
      });
    for (const assigneeId of [guest.id, eve.id, newId()])
      expect(await create({ title: 'x', assigneeId })).toMatchObject({
        status: 422,
        body: { code: 'todos.assignee-unsuitable', errors: [{ path: 'assigneeId' }] },
      });
  });

  it('allows sub-todos, but no sub-todos of sub-todos', async () => {
    const parent = await createTodo(system, ada, room);
    const child = await createTodo(system, ada, room, { parentId: parent.id });
    const other = await gather(system, ada);
    const unsuitable = { status: 422, body: { code: 'todos.parent-unsuitable' } };
    expect(await create({ title: 'x', parentId: child.id })).toMatchObject(unsuitable);
    expect(await create({ title: 'x', parentId: newId() })).toMatchObject(unsuitable);
    expect(await create({ title: 'x', parentId: parent.id }, ada, other)).toMatchObject(unsuitable);
    const move = (id: string, parentId: string) =>
      system.ask(`PATCH /v1/todos/${id}`, {
        token: ada.token,
        body: { parentId },
        headers: { 'if-match': '*' },
      });
    const third = await createTodo(system, ada, room);
    expect(await move(parent.id, third.id)).toMatchObject(unsuitable);
    expect(await move(third.id, third.id)).toMatchObject(unsuitable);
    expect(await move(third.id, parent.id)).toMatchObject({ status: 200, body: { parentId: parent.id } });
  });

  it('never creates a sub-todo of a sub-todo, also under concurrency', async () => {
    const [grandparent, parent] = [await createTodo(system, ada, room), await createTodo(system, ada, room)];
    const answers = await race(system, [
      () => create({ title: 'Child', parentId: parent.id }),
      () =>
        system.ask(`PATCH /v1/todos/${parent.id}`, {
          token: bob.token,
          body: { parentId: grandparent.id },
          headers: { 'if-match': '*' },
        }),
    ]);
    expect(answers.map(({ status }) => status)).toEqual([201, 422]);
  });

  it('allows at most a hundred sub-todos', async () => {
    const parent = await createTodo(system, ada, room);
    await system.sql(
      `INSERT INTO todos.todos (id, version, workspace_id, author_id, title, status, priority, parent_id, sort_order,
         created_at, updated_at)
       SELECT gen_random_uuid(), 1, $1, $2, 'Part', 'PENDING', 1, $3, 0, now(), now() FROM generate_series(1, 99)`,
      [room, ada.id, parent.id],
    );
    expect(await create({ title: 'Last', parentId: parent.id })).toMatchObject({ status: 201 });
    expect(await create({ title: 'One more', parentId: parent.id })).toMatchObject({
      status: 422,
      body: { code: 'todos.too-many-sub-todos' },
    });
    const { status } = await system.ask(`DELETE /v1/todos/${parent.id}`, { token: bob.token });
    expect(status).toBe(204);
    expect(await system.sql('SELECT 1 FROM todos.todos WHERE parent_id = $1', [parent.id])).toEqual([]);
    expect(await eventsAbout(system, parent.id)).toEqual(['todos.todo-created', 'todos.todo-deleted']);
  });

  it('is serialized with the removal of a member from the workspace', async () => {
    const carl = await enroll(system);
    const shared = await gather(system, ada, [[carl, 'member']]);
    const [removed, created] = await race(system, [
      () => system.ask(`DELETE /v1/workspaces/${shared}/members/${carl.id}`, { token: ada.token }),
      () => create({ title: 'Too late' }, carl, shared),
    ]);
    expect([removed!.status, created!.status]).toEqual([204, 404]);
  });
});
