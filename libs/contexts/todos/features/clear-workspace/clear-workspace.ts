import { type EventOf, occurred } from '@rookery/domain';
import { type Handles, Queues, Subscriber } from '@rookery/messaging';
import { Outbox } from '@rookery/persistence';
import { WorkspaceDeleted } from '../../../workspaces/contract';
import { ClearingContinued } from '../../events';
import { Todos } from '../../storage/todos';

const BATCH = { todos: 500, comments: 2_000 };

/** Deletes the todos of a deleted workspace in batches. Nobody can see them any more. */
@Subscriber('todos.clear-workspace', [WorkspaceDeleted, ClearingContinued], { queue: Queues.projections })
export class ClearWorkspace implements Handles<typeof WorkspaceDeleted | typeof ClearingContinued> {
  constructor(
    private readonly outbox: Outbox,
    private readonly todos: Todos,
  ) {}

  async handle({
    subject,
    data,
  }: EventOf<typeof WorkspaceDeleted | typeof ClearingContinued>): Promise<void> {
    const workspaceId = 'workspaceId' in data ? data.workspaceId : subject;
    if (await this.todos.clear(workspaceId, BATCH)) await this.todos.forgetCount(workspaceId);
    else await this.outbox.append([occurred(ClearingContinued, { workspaceId })]);
  }
}
