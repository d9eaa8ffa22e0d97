import { newId } from '@rookery/domain';
import { enroll } from '@rookery/contexts/identity/testing';
import { png, upload } from '@rookery/contexts/media/testing';
import { createTodo } from '@rookery/contexts/todos/testing';
import { gather } from '@rookery/contexts/workspaces/testing';
import { eventually, type Person, race, sharedSystem } from '@rookery/testing';

describe('Files on a todo', () => {
  const system = sharedSystem();
  let ada: Person;
  let guest: Person;
  let todo: string;

  beforeEach(async () => {
    [ada, guest] = await Promise.all([enroll(system), enroll(system)]);
    const room = await gather(system, ada, [[guest, 'guest']]);
    todo = (await createTodo(system, ada, room)).id;
  });

  const attach = (mediaKey: string, who = ada, fileName = 'plan.png') =>
    system.ask(`POST /v1/todos/${todo}/attachments`, { token: who.token, body: { mediaKey, fileName } });
  /** @returns the uses of a file in the media library */
  const uses = async (mediaKey: string) =>
    (
      await system.sql<{ uses: string[] }>('SELECT uses FROM media.uploads WHERE media_key = $1', [mediaKey])
    )[0]?.uses;

  it('are attached from an upload, and everybody in the workspace can download them', async () => {
    const key = await upload(system, ada, png());
    const { status, headers, body } = await attach(key);
    expect({ status, location: headers.location }).toEqual({
      status: 201,
      location: `/v1/todos/${todo}/attachments/${body.id}`,
    });
    expect(body).toMatchObject({
      todoId: todo,
      fileName: 'plan.png',
      authorId: ada.id,
      url: expect.any(String),
    });
    const got = await system.ask(`GET ${headers.location as string}`, { token: guest.token });
    expect(got).toMatchObject({
      status: 200,
      body: { id: body.id, contentType: expect.stringMatching(/^image\//) },
    });
    const list = await system.ask(`GET /v1/todos/${todo}/attachments`, { token: guest.token });
    expect(list.body.data).toMatchObject([{ id: body.id }]);
    expect(await attach(key, guest)).toMatchObject({ status: 403 });
    expect(await system.ask(`DELETE ${headers.location as string}`, { token: ada.token })).toMatchObject({
      status: 204,
    });
    expect(await system.ask(`GET ${headers.location as string}`, { token: ada.token })).toMatchObject({
      status: 404,
    });
  });

  it('have the name of the upload unless the request names them', async () => {
    const key = await upload(system, ada, png(), 'image/png', 'folder/owl at night.png');
    const body = { mediaKey: key };
    const first = await system.ask(`POST /v1/todos/${todo}/attachments`, { token: ada.token, body });
    expect(first).toMatchObject({ status: 201, body: { fileName: 'owl at night.png' } });
    expect((await attach(key)).body.fileName).toBe('plan.png');
  });

  it('can only be uploads of the user who attaches them', async () => {
    const theirs = await upload(system, guest, png());
    for (const key of [theirs, newId(), 'x'])
      expect(await attach(key)).toMatchObject({ status: 422, body: { errors: [{ path: 'mediaKey' }] } });
  });

  it.each(['bill\u202Efdp.exe', 'a\u2066b.pdf', 'a\u0000.pdf', 'a/b.pdf', 'a\u0085.pdf'])(
    'cannot have the name %j',
    async (fileName) => {
      const answer = await attach('uploads/x', ada, fileName);
      expect(answer).toMatchObject({ status: 400 });
    },
  );

  it('are limited to twenty, also if two are attached at the same time', async () => {
    await system.sql(
      `INSERT INTO todos.attachments (id, version, todo_id, workspace_id, media_key, file_name, created_at)
       SELECT gen_random_uuid(), 1, id, workspace_id, 'key', 'file', now() FROM todos.todos, generate_series(1, 19)
       WHERE id = $1`,
      [todo],
    );
    const keys = [await upload(system, ada, png()), await upload(system, ada, png())];
    const answers = await race(
      system,
      keys.map((key) => () => attach(key)),
    );
    // Either can be first: both call the storage before they lock the todo.
    const refused = answers.filter(({ status }) => status !== 201);
    expect(refused).toMatchObject([{ status: 422, body: { code: 'todos.too-many-attachments' } }]);
  });

  it('are released when their todo is deleted', async () => {
    const key = await upload(system, ada, png());
    const { body } = await attach(key);
    expect(await uses(key)).toEqual([`todos:${body.id}`]);
    await system.ask(`DELETE /v1/todos/${todo}`, { token: ada.token });
    await system.runSchedule('todos.release-attachments');
    await eventually(async () => ((await uses(key)) ?? []).length === 0);
  });
});
