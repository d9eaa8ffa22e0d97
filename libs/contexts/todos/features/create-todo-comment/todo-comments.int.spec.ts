import { newId } from '@rookery/domain';
import { enroll, newcomer } from '@rookery/contexts/identity/testing';
import { createTodo } from '@rookery/contexts/todos/testing';
import { gather } from '@rookery/contexts/workspaces/testing';
import { type Person, race, sharedSystem } from '@rookery/testing';

describe('Comments on a todo', () => {
  const system = sharedSystem();
  const names = { ada: newcomer(), bob: newcomer(), eve: newcomer() };
  let ada: Person;
  let bob: Person;
  let eve: Person;
  let todo: string;

  beforeAll(async () => {
    [ada, bob, eve] = await Promise.all([
      enroll(system, names.ada),
      enroll(system, names.bob),
      enroll(system, names.eve),
    ]);
  });
  beforeEach(async () => {
    const room = await gather(system, ada, [[bob, 'member']]);
    todo = (await createTodo(system, ada, room)).id;
  });

  const comment = (who: Person, content: string) =>
    system.ask(`POST /v1/todos/${todo}/comments`, { token: who.token, body: { content } });
  const change = (who: Person, id: string, content: string, ifMatch = '*') =>
    system.ask(`PATCH /v1/todos/${todo}/comments/${id}`, {
      token: who.token,
      body: { content },
      headers: { 'if-match': ifMatch },
    });
  it('are limited to a thousand, also if two are created at the same time', async () => {
    await system.sql(
      `INSERT INTO todos.comments (id, version, todo_id, workspace_id, author_id, content, mentioned_ids, created_at, updated_at)
       SELECT gen_random_uuid(), 1, id, workspace_id, author_id, 'x', '{}', now(), now()
       FROM todos.todos, generate_series(1, 999) WHERE id = $1`,
      [todo],
    );
    const answers = await race(system, [() => comment(ada, 'Last'), () => comment(bob, 'One too many')]);
    expect(answers).toMatchObject([
      { status: 201 },
      { status: 409, body: { code: 'todos.too-many-comments' } },
    ]);
  });

  const told = (id: string) =>
    system.sql<{ type: string; data: { mentionedIds?: string[] } }>(
      'SELECT type, data FROM messaging.outbox WHERE subject = $1 ORDER BY id',
      [id],
    );

  it('notify mentioned members once, but neither other users nor the author', async () => {
    const { username } = names.bob;
    const content = `@${username.toUpperCase()}, @${names.ada.username} and @${names.eve.username}: the ferns.`;
    const { status, body } = await comment(ada, content);
    expect({ status, body }).toEqual({
      status: 201,
      body: {
        id: expect.any(String),
        todoId: todo,
        content,
        author: { id: ada.id, username: names.ada.username, name: 'Some Person' },
        mentionedIds: [bob.id],
        createdAt: expect.any(String),
        updatedAt: body.createdAt,
        version: 1,
      },
    });
    await change(ada, body.id, `${content} Now.`);
    expect((await told(body.id)).map(({ type, data }) => [type, data.mentionedIds])).toEqual([
      ['todos.comment-added', [bob.id]],
      ['todos.comment-updated', []],
    ]);
  });

  it('are listed newest first or oldest first, page by page', async () => {
    for (const [who, text] of [
      [ada, 'First'],
      [bob, 'Second'],
      [ada, 'Third'],
    ] as const)
      await comment(who, text);
    const list = (query: string) =>
      system.ask(`GET /v1/todos/${todo}/comments?${query}`, { token: bob.token });
    const contents = (data: { content: string }[]) => data.map(({ content }) => content);
    const { body } = await list('limit=2');
    expect(contents(body.data)).toEqual(['Third', 'Second']);
    expect(contents((await list(`cursor=${body.page.nextCursor}`)).body.data)).toEqual(['First']);
    expect(contents((await list('sort=asc')).body.data)).toEqual(['First', 'Second', 'Third']);
    expect(body.data[1].author.username).toBe(names.bob.username);
  });

  it('can be changed and deleted only by their author', async () => {
    const { id } = (await comment(bob, 'Mine')).body;
    const remove = (who: Person) =>
      system.ask(`DELETE /v1/todos/${todo}/comments/${id}`, { token: who.token });
    expect([await change(ada, id, 'Not mine'), await remove(ada)]).toMatchObject([
      { status: 403 },
      { status: 403 },
    ]);
    expect([await change(eve, id, 'x'), await remove(eve)]).toMatchObject([{ status: 404 }, { status: 404 }]);
    expect(await change(bob, id, 'Changed', '"1"')).toMatchObject({ status: 200, body: { version: 2 } });
    expect(await change(bob, id, 'Stale', '"1"')).toMatchObject({ status: 412 });
    expect(await change(bob, id, 'x', '')).toMatchObject({ status: 428 });
    expect(await remove(bob)).toMatchObject({ status: 204 });
    expect(await remove(bob)).toMatchObject({ status: 404 });
  });

  it('belong to their todo, and are deleted with it', async () => {
    const { id } = (await comment(ada, 'Here')).body;
    const room = await gather(system, ada);
    const other = await createTodo(system, ada, room);
    const path = `/v1/todos/${other.id}/comments/${id}`;
    expect(await system.ask(`DELETE ${path}`, { token: ada.token })).toMatchObject({ status: 404 });
    const [deleted, late] = await race(system, [
      () => system.ask(`DELETE /v1/todos/${todo}`, { token: ada.token }),
      () => comment(bob, 'Too late'),
    ]);
    expect([deleted!.status, late!.status]).toEqual([204, 404]);
    expect(await system.sql('SELECT 1 FROM todos.comments WHERE todo_id = $1', [todo])).toEqual([]);
  });

  it.each([
    ['content', { content: ' ' }],
    ['content', { content: 'x'.repeat(1_001) }],
    ['authorId', { content: 'x', authorId: newId() }],
  ])('report an invalid %s', async (path, body) => {
    expect(await system.ask(`POST /v1/todos/${todo}/comments`, { token: ada.token, body })).toMatchObject({
      status: 400,
      body: { errors: [{ path }] },
    });
  });
});
