import { enroll } from '@rookery/contexts/identity/testing';
import { createTodo } from '@rookery/contexts/todos/testing';
import { personalOf } from '@rookery/contexts/workspaces/testing';
import { type Person, race, sharedSystem } from '@rookery/testing';

describe('Categories', () => {
  const system = sharedSystem();
  let ada: Person;

  beforeEach(async () => {
    ada = await enroll(system);
  });

  const create = (body: object, who = ada) => system.ask('POST /v1/categories', { token: who.token, body });
  const update = (id: string, body: object, ifMatch = '*') =>
    system.ask(`PATCH /v1/categories/${id}`, { token: ada.token, body, headers: { 'if-match': ifMatch } });

  it('have a name and a color, and are listed newest first', async () => {
    const first = await create({ name: 'Garden' });
    expect(first).toMatchObject({
      status: 201,
      headers: { location: `/v1/categories/${first.body.id}` },
      body: { name: 'Garden', color: '#6b7280', description: null, version: 1 },
    });
    const second = await create({ name: 'House', color: '#ff0000', description: 'Indoors' });
    const { body } = await system.ask('GET /v1/categories?limit=1', { token: ada.token });
    expect(body.data).toEqual([second.body]);
    const rest = await system.ask(`GET /v1/categories?cursor=${body.page.nextCursor}`, { token: ada.token });
    expect(rest.body).toEqual({ data: [first.body], page: { nextCursor: null } });
    expect((await system.ask(`GET /v1/categories/${first.body.id}`, { token: ada.token })).body).toEqual(
      first.body,
    );
  });

  it('have names that are unique for their user, also if two are created at the same time', async () => {
    const taken = { status: 409, body: { code: 'todos.category-taken', errors: [{ path: 'name' }] } };
    const answers = await race(system, [() => create({ name: 'Garden' }), () => create({ name: 'GARDEN' })]);
    expect(answers).toMatchObject([{ status: 201 }, taken]);
    const { body: other } = await create({ name: 'House' });
    expect(await update(other.id, { name: 'garden' })).toMatchObject(taken);
    expect(await create({ name: 'Garden' }, await enroll(system))).toMatchObject({ status: 201 });
  });

  it('are changed at a version, and do not affect their todos when they are deleted', async () => {
    const { body: category } = await create({ name: 'Garden' });
    const todo = await createTodo(system, ada, await personalOf(system, ada), { categoryId: category.id });
    expect(await update(category.id, { color: '#00FF00' }, '"1"')).toMatchObject({
      status: 200,
      body: { name: 'Garden', color: '#00FF00', version: 2 },
    });
    expect(await update(category.id, { name: 'Yard' }, '"1"')).toMatchObject({ status: 412 });
    expect(await update(category.id, {}, '')).toMatchObject({ status: 428 });
    expect(await system.ask(`DELETE /v1/categories/${category.id}`, { token: ada.token })).toMatchObject({
      status: 204,
    });
    const { body } = await system.ask(`GET /v1/todos/${todo.id}`, { token: ada.token });
    expect(body).toEqual({ ...todo, categoryId: null });
  });

  it('are limited to two hundred, also if two are created at the same time', async () => {
    await system.sql(
      `INSERT INTO todos.categories (id, version, user_id, name, color, created_at, updated_at)
       SELECT gen_random_uuid(), 1, $1, 'Number ' || nr, '#000000', now(), now() FROM generate_series(1, 199) nr`,
      [ada.id],
    );
    const answers = await race(system, [() => create({ name: 'Last' }), () => create({ name: 'Too many' })]);
    expect(answers).toMatchObject([
      { status: 201 },
      { status: 409, body: { code: 'todos.too-many-categories' } },
    ]);
  });
});
