import type { EventOf } from '@rookery/domain';
import { type Handles, Queues, Subscriber } from '@rookery/messaging';
import { Sql } from '@rookery/persistence';
import { Frames } from '@rookery/realtime';
import { Memberships } from '../../../workspaces/contract';
import { TodoCompleted, TodoCreated, TodoDeleted, type TodoStatus, TodoUpdated } from '../../contract';
import { TodosImported } from '../../events';
import { TodoCreatedFrame, TodoDeletedFrame, TodosImportedFrame, TodoUpdatedFrame } from '../../frames';

type Changes = typeof TodoCreated | typeof TodoUpdated | typeof TodoCompleted | typeof TodoDeleted;

/** Sends a frame about each change to a todo to everybody who is in the workspace now. */
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
    if ('imported' in data && data.imported) return; // SendImportFrame sends one frame for the batch
    const userIds = (await this.memberships.membersOf(workspaceId)).map(({ userId }) => userId);
    if (userIds.length === 0) return;
    if (type === TodoDeleted.type)
      return this.frames.send(TodoDeletedFrame, userIds, { todoId, workspaceId });
    // Events do not contain the title. A todo that was deleted meanwhile needs no frame.
    const todo = await this.sql.row<{ title: string }>('SELECT title FROM todos.todos WHERE id = $1', [
      todoId,
    ]);
    if (!todo) return;
    const status: TodoStatus = 'status' in data ? data.status : 'COMPLETED';
    const frame = type === TodoCreated.type ? TodoCreatedFrame : TodoUpdatedFrame;
    await this.frames.send(frame, userIds, { todoId, workspaceId, status, title: todo.title });
  }
}

/** Sends one frame for a large import batch: a frame for each todo and member would be millions of rows. */
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
