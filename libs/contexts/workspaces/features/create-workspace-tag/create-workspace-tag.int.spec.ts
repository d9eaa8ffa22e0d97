import { enroll } from '@rookery/contexts/identity/testing';
import { type Person, race, sharedSystem } from '@rookery/testing';
import { gather, tag } from '../../testing';

describe('The tags of a workspace', () => {
  const system = sharedSystem();
  let ada: Person;
  let bob: Person;
  let workspaceId: string;

  beforeEach(async () => {
    [ada, bob] = await Promise.all([enroll(system), enroll(system)]);
    workspaceId = await gather(system, ada, [[bob, 'member']]);
  });

  const create = ({ token }: Person, name: unknown, id = workspaceId) =>
    system.ask(`POST /v1/workspaces/${id}/tags`, { token, body: { name } });
  const list = async ({ token }: Person, query = '') =>
    (await system.ask(`GET /v1/workspaces/${workspaceId}/tags${query}`, { token })).body;
  const remove = ({ token }: Person, tagId: string, id = workspaceId) =>
    system.ask(`DELETE /v1/workspaces/${id}/tags/${tagId}`, { token });

  it('are created by members and listed newest first', async () => {
    const first = await create(ada, 'field work');
    expect(first).toMatchObject({ status: 201 });
    expect(first.body).toEqual({
      id: expect.any(String),
      workspaceId,
      name: 'field work',
      createdAt: expect.any(String),
    });
    const second = await create(bob, 'Übung 😀');
    expect(await list(bob)).toEqual({ data: [second.body, first.body], page: { nextCursor: null } });
    const page = await list(bob, '?limit=1');
    expect(page.data).toEqual([second.body]);
    expect((await list(bob, `?limit=1&cursor=${page.page.nextCursor}`)).data).toEqual([first.body]);
  });

  it('have case-insensitively unique names in the workspace, also for concurrent requests', async () => {
    const answers = await race(system, [() => create(ada, 'Field work'), () => create(bob, 'field WORK')]);
    expect(answers.map(({ status }) => status)).toEqual([201, 409]);
    expect(answers[1]!.body).toMatchObject({
      code: 'workspaces.tag-taken',
      errors: [{ path: 'name', code: 'taken' }],
    });
    const other = await gather(system, bob);
    expect((await create(bob, 'Field work', other)).status).toBe(201);
  });

  it.each(['x'.repeat(21), '', 'one,two', ' led', 7])('cannot have the name %j', async (name) => {
    expect(await create(ada, name)).toMatchObject({ status: 400, body: { errors: [{ path: 'name' }] } });
  });

  it('are limited, also for concurrent requests', async () => {
    await system.sql(
      `INSERT INTO workspaces.tags (id, version, workspace_id, name, created_at)
       SELECT gen_random_uuid(), 1, $1, 'tag ' || nr, now() FROM generate_series(1, 199) nr`,
      [workspaceId],
    );
    const answers = await race(system, [() => create(ada, 'one'), () => create(bob, 'other')]);
    expect(answers.map(({ status }) => status)).toEqual([201, 409]);
    expect(answers[1]!.body.code).toBe('workspaces.too-many-tags');
  });

  it('are deleted with an event, and their names can be used again', async () => {
    const { id } = await tag(system, ada, workspaceId);
    expect((await remove(bob, id)).status).toBe(204);
    expect((await remove(bob, id)).status).toBe(404);
    expect((await list(ada)).data).toEqual([]);
    expect(
      await system.sql('SELECT type, data FROM messaging.outbox WHERE subject = $1 ORDER BY id', [id]),
    ).toEqual([
      { type: 'workspaces.tag-created', data: { workspaceId } },
      { type: 'workspaces.tag-deleted', data: { workspaceId } },
    ]);
    expect((await create(ada, 'field work')).status).toBe(201);
  });

  it('can be read by guests, but not changed', async () => {
    const guest = await enroll(system);
    const id = await gather(system, ada, [[guest, 'guest']]);
    const { id: tagId } = await tag(system, ada, id);
    expect((await system.ask(`GET /v1/workspaces/${id}/tags`, { token: guest.token })).status).toBe(200);
    expect((await create(guest, 'mine', id)).body.code).toBe('auth.forbidden');
    expect((await remove(guest, tagId, id)).body.code).toBe('auth.forbidden');
  });

  it('cannot be accessed through another workspace', async () => {
    const { id } = await tag(system, ada, workspaceId);
    const other = await gather(system, bob);
    expect((await remove(bob, id, other)).status).toBe(404);
    expect((await list(ada)).data).toHaveLength(1);
  });
});
