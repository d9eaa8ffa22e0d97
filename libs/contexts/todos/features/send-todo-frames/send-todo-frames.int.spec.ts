import { enroll } from '@rookery/contexts/identity/testing';
import { createTodo } from '@rookery/contexts/todos/testing';
import { gather } from '@rookery/contexts/workspaces/testing';
import { eventually, type Person, sharedSystem } from '@rookery/testing';

describe('Frames of todos', () => {
  const system = sharedSystem();
  let ada: Person;
  let guest: Person;
  let former: Person;

  /** @returns the todo frames sent to a user, in order */
  const framesOf = async ({ id }: Person, count: number) =>
    eventually(async () => {
      const rows = await system.sql<{ type: string; payload: object }>(
        `SELECT type, payload FROM realtime.frames WHERE user_id = $1 AND type ~ '^todos?[.]' ORDER BY seq`,
        [id],
      );
      return rows.length >= count && rows;
    });

  it('are sent to everybody who is in the workspace, but not to former members', async () => {
    [ada, guest, former] = await Promise.all([enroll(system), enroll(system), enroll(system)]);
    const room = await gather(system, ada, [
      [guest, 'guest'],
      [former, 'member'],
    ]);
    const { id } = await createTodo(system, ada, room);
    const created = {
      type: 'todo.created',
      payload: { todoId: id, workspaceId: room, status: 'PENDING', title: 'Water the plants' },
    };
    expect(await framesOf(former, 1)).toEqual([created]);
    await system.ask(`DELETE /v1/workspaces/${room}/members/${former.id}`, { token: ada.token });
    await system.ask(`PATCH /v1/todos/${id}/complete`, { token: ada.token });
    const updated = { type: 'todo.updated', payload: { ...created.payload, status: 'COMPLETED' } };
    expect(await framesOf(guest, 2)).toEqual([created, updated]);
    await system.ask(`DELETE /v1/todos/${id}`, { token: ada.token });
    const deleted = { type: 'todo.deleted', payload: { todoId: id, workspaceId: room } };
    for (const who of [ada, guest]) expect(await framesOf(who, 3)).toEqual([created, updated, deleted]);
    expect(await framesOf(former, 1)).toEqual([created]);
  });

  it('are sent once for a large import batch, and for each todo of a small one', async () => {
    [ada, guest] = await Promise.all([enroll(system), enroll(system)]);
    const room = await gather(system, ada, [[guest, 'guest']]);
    const send = (count: number) =>
      system.ask(`POST /v1/workspaces/${room}/todos/import`, {
        token: ada.token,
        headers: { 'content-type': 'text/csv' },
        body: ['id,title', ...Array.from({ length: count }, (_, nr) => `${nr},Todo ${nr}`)].join('\r\n'),
      });
    await send(21);
    const all = { type: 'todos.imported', payload: { workspaceId: room, count: 21 } };
    await eventually(async () => {
      const open = await system.sql(
        `SELECT 1 FROM messaging.outbox o LEFT JOIN messaging.event_delivery d USING (event_id)
         WHERE o.data ->> 'workspaceId' = $1
           AND (o.published_at IS NULL OR (d.state = 'pending' AND d.subscriber LIKE 'todos.send-%'))`,
        [room],
      );
      return open.length === 0;
    });
    expect(await framesOf(guest, 1)).toEqual([all]);
    await system.ask(`POST /v1/workspaces/${room}/todos/import`, {
      token: ada.token,
      headers: { 'content-type': 'text/csv' },
      body: 'title\r\nOne\r\nTwo',
    });
    const frames = await framesOf(guest, 3);
    expect(frames.map(({ type }) => type)).toEqual(['todos.imported', 'todo.created', 'todo.created']);
  });
});
