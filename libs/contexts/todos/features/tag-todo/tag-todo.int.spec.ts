import { enroll } from '@rookery/contexts/identity/testing';
import { createTodo, eventsAbout } from '@rookery/contexts/todos/testing';
import { gather, tag } from '@rookery/contexts/workspaces/testing';
import { eventually, type Person, race, sharedSystem } from '@rookery/testing';

describe('Tags on todos', () => {
  const system = sharedSystem();
  let ada: Person;
  let guest: Person;
  let room: string;
  let todoId: string;
  let home: { id: string; name: string };

  beforeEach(async () => {
    [ada, guest] = await Promise.all([enroll(system), enroll(system)]);
    room = await gather(system, ada, [[guest, 'guest']]);
    todoId = (await createTodo(system, ada, room)).id;
    home = await tag(system, ada, room, 'home');
  });

  const put = (tagId: string, who = ada, id = todoId) =>
    system.ask(`POST /v1/todos/${id}/tags/${tagId}`, { token: who.token });
  const take = (tagId: string, who = ada) =>
    system.ask(`DELETE /v1/todos/${todoId}/tags/${tagId}`, { token: who.token });
  const todo = async () => (await system.ask(`GET /v1/todos/${todoId}`, { token: ada.token })).body;
  const found = async (query: string) =>
    (await system.ask(`GET /v1/workspaces/${room}/todos?tag=${query}`, { token: ada.token })).body.data.map(
      ({ id }: { id: string }) => id,
    );

  it('are added and removed once each, and todos are found by them', async () => {
    const { version } = await todo();
    for (let times = 0; times < 2; times += 1) expect(await put(home.id)).toMatchObject({ status: 204 });
    expect(await todo()).toMatchObject({ tags: [{ id: home.id, name: 'home' }], version: version + 1 });
    expect([await found(home.id), await found('home'), await found('away')]).toEqual([
      [todoId],
      [todoId],
      [],
    ]);
    for (let times = 0; times < 2; times += 1) expect(await take(home.id)).toMatchObject({ status: 204 });
    expect(await todo()).toMatchObject({ tags: [], version: version + 2 });
    expect(await found('home')).toEqual([]);
    expect(await eventsAbout(system, todoId)).toEqual([
      'todos.todo-created',
      'todos.todo-updated',
      'todos.todo-updated',
    ]);
  });

  it('keep their todos in the order of each list, whatever changes in the todos', async () => {
    const bob = await enroll(system);
    const member = { token: ada.token, body: { userId: bob.id, role: 'member' } };
    expect((await system.ask(`POST /v1/workspaces/${room}/members`, member)).status).toBeLessThan(300);
    const later = (await createTodo(system, ada, room, { dueDate: '2090-01-02T00:00:00Z', priority: 'low' }))
      .id;
    for (const id of [todoId, later]) await put(home.id, ada, id);
    const lists = async () => {
      const read = async (who: Person, path: string, sort: string) =>
        (await system.ask(`GET /v1/${path}?tag=home&sort=${sort}`, { token: who.token })).body.data.map(
          ({ id }: { id: string }) => (id === later ? 'later' : 'first'),
        );
      return {
        priority: await read(ada, `workspaces/${room}/todos`, 'priority'),
        dueDate: await read(ada, `workspaces/${room}/todos`, 'dueDate'),
        hers: await read(ada, 'todos', 'dueDate'),
        his: await read(bob, 'todos', 'priority'),
      };
    };
    const before = ['later', 'first'];
    expect(await lists()).toEqual({ priority: ['first', 'later'], dueDate: before, hers: before, his: [] });
    const body = { dueDate: null, priority: 'high', assigneeId: bob.id };
    const change = { token: ada.token, body, headers: { 'if-match': '*' } };
    expect(await system.ask(`PATCH /v1/todos/${later}`, change)).toMatchObject({ status: 200 });
    expect(await lists()).toEqual({
      priority: ['later', 'first'],
      dueDate: ['first', 'later'],
      hers: ['first'],
      his: ['later'],
    });
  });

  it('must belong to the same workspace; a tag of another one returns 404', async () => {
    const elsewhere = await tag(system, ada, await gather(system, ada), 'elsewhere');
    expect(await put(elsewhere.id)).toMatchObject({ status: 404, body: { code: 'resource.not-found' } });
    expect((await todo()).tags).toEqual([]);
  });

  it('can be changed by owners and members, but not by guests or others', async () => {
    const eve = await enroll(system);
    expect([await put(home.id, guest), await take(home.id, guest)]).toMatchObject([
      { status: 403 },
      { status: 403 },
    ]);
    expect([await put(home.id, eve), await take(home.id, eve)]).toMatchObject([
      { status: 404 },
      { status: 404 },
    ]);
  });

  it('are limited to twenty, also if two are added at the same time', async () => {
    const tags = await Promise.all(
      Array.from({ length: 20 }, (_, number) => tag(system, ada, room, `tag ${number}`)),
    );
    for (const { id } of tags.slice(0, 19)) expect(await put(id)).toMatchObject({ status: 204 });
    const answers = await race(system, [() => put(tags[19]!.id), () => put(home.id)]);
    expect(answers.map(({ status }) => status).toSorted((a, b) => a - b)).toEqual([204, 422]);
    expect(answers.find(({ status }) => status === 422)!.body.code).toBe('todos.too-many-tags');
    expect((await todo()).tags).toHaveLength(20);
  });

  it('are removed when the tag is deleted', async () => {
    await put(home.id);
    await system.ask(`DELETE /v1/workspaces/${room}/tags/${home.id}`, { token: ada.token });
    await eventually(async () => expect((await todo()).tags).toEqual([]));
  });
});
