import { enroll } from '@rookery/contexts/identity/testing';
import { createTodo } from '@rookery/contexts/todos/testing';
import { gather } from '@rookery/contexts/workspaces/testing';
import { eventually, type Person, sharedSystem } from '@rookery/testing';

describe('Frames of todos', () => {
  const system = sharedSystem();
  let ada: Person;
  let guest: Person;
  let former: Person;

  /** @returns frames of todos that somebody was sent, in order */
  const framesOf = async ({ id }: Person, count: number) =>
    eventually(async () => {
      const rows = await system.sql<{ type: string; payload: object }>(
        `SELECT type, payload FROM realtime.frames WHERE user_id = $1 AND type LIKE 'todo.%' ORDER BY seq`,
        [id],
      );
      return rows.length >= count && rows;
    });

  it('tell those who are in the workspace what becomes of its todos, and nobody who was', async () => {
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
});
