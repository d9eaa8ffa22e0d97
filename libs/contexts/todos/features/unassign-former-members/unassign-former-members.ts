import { Clock, type EventOf, occurred } from '@rookery/domain';
import { type Handles, Queues, Subscriber } from '@rookery/messaging';
import { Outbox } from '@rookery/persistence';
import { MemberRemoved, MemberRoleChanged, Memberships } from '../../../workspaces/contract';
import { UnassigningContinued } from '../../events';
import { Todos } from '../../storage/todos';

const BATCH_SIZE = 50;

/** Unassigns todos, in batches, from users who left the workspace or became guests. */
@Subscriber('todos.unassign-former-members', [MemberRemoved, MemberRoleChanged, UnassigningContinued], {
  queue: Queues.projections,
})
export class UnassignFormerMembers implements Handles<
  typeof MemberRemoved | typeof MemberRoleChanged | typeof UnassigningContinued
> {
  constructor(
    private readonly clock: Clock,
    private readonly memberships: Memberships,
    private readonly outbox: Outbox,
    private readonly todos: Todos,
  ) {}

  /** Checks the current role, because the user can have returned meanwhile. */
  async handle({
    data: { workspaceId, userId },
  }: EventOf<typeof MemberRemoved | typeof MemberRoleChanged | typeof UnassigningContinued>): Promise<void> {
    const role = await this.memberships.lockRole(userId, workspaceId);
    if (role === 'owner' || role === 'member') return;
    const ids = await this.todos.assignedTo(userId, workspaceId, BATCH_SIZE);
    for (const id of ids) {
      const todo = await this.todos.getLocked(id);
      if (todo.unassign(userId, this.clock.now())) await this.todos.save(todo);
    }
    if (ids.length === BATCH_SIZE)
      await this.outbox.append([occurred(UnassigningContinued, { workspaceId, userId })]);
  }
}
