import type { EventOf } from '@rookery/domain';
import { type Handles, Queues, Subscriber } from '@rookery/messaging';
import { Sql } from '@rookery/persistence';
import { Frames } from '@rookery/realtime';
import { Memberships } from '../../../workspaces/contract';
import { TodoCompleted, TodoCreated, TodoDeleted, type TodoStatus, TodoUpdated } from '../../contract';
import { TodosImported } from '../../events';
import { TodoCreatedFrame, TodoDeletedFrame, TodosImportedFrame, TodoUpdatedFrame } from '../../frames';

type Changes = typeof TodoCreated | typeof TodoUpdated | typeof TodoCompleted | typeof TodoDeleted;

/** Tells those who are in the workspace now what becomes of its todos, at once. */
@Subscriber('todos.send-frames', [TodoCreated, TodoUpdated, TodoCompleted, TodoDeleted], {
  queue: Queues.realtime,
})
export class SendTodoFrames implements Handles<Changes> {
  constructor(
    private readonly frames: Frames,
    private readonly memberships: Memberships,
    private readonly sql: Sql,
  ) {}

  async handle({ type, subject: todoId, data }: EventOf<Changes>): Promise<void> {
    const { workspaceId } = data;
    if ('imported' in data && data.imported) return; // SendImportFrame tells of all of them
    const userIds = (await this.memberships.membersOf(workspaceId)).map(({ userId }) => userId);
    if (userIds.length === 0) return;
    if (type === TodoDeleted.type)
      return this.frames.send(TodoDeletedFrame, userIds, { todoId, workspaceId });
    // The title is in no event. A todo that is gone again has nothing to show.
    const todo = await this.sql.row<{ title: string }>('SELECT title FROM todos.todos WHERE id = $1', [
      todoId,
    ]);
    if (!todo) return;
    const status: TodoStatus = 'status' in data ? data.status : 'COMPLETED';
    const frame = type === TodoCreated.type ? TodoCreatedFrame : TodoUpdatedFrame;
    await this.frames.send(frame, userIds, { todoId, workspaceId, status, title: todo.title });
  }
}

/** Tells those who are in the workspace once of many todos: a frame for each and member would be millions of rows. */
@Subscriber('todos.send-import-frames', TodosImported, { queue: Queues.realtime })
export class SendImportFrame implements Handles<typeof TodosImported> {
  constructor(
    private readonly frames: Frames,
    private readonly memberships: Memberships,
  ) {}

  async handle({ data: { workspaceId, count, many } }: EventOf<typeof TodosImported>): Promise<void> {
    if (!many) return;
    const userIds = (await this.memberships.membersOf(workspaceId)).map(({ userId }) => userId);
    await this.frames.send(TodosImportedFrame, userIds, { workspaceId, count });
  }
}
