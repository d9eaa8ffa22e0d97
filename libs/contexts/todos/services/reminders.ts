import { Injectable } from '@nestjs/common';
import { Clock, occurred, type RaisedEvent } from '@rookery/domain';
import { Outbox, Transaction } from '@rookery/persistence';
import { Memberships } from '../../workspaces/contract';
import { TodoDueSoon, TodoOverdue } from '../contract';
import { ReminderRequested, RemindersContinued } from '../events';
import { metrics } from '../metrics';
import { type DueTodo, type NoticeKind, Notices } from '../storage/notices';

/** Todos in one transaction. The next page follows immediately in another transaction. */
const PAGE_SIZE = 500;
/** Maximum number of todos in a mail. */
const MAX_LISTED = 10;

const EVENTS = { 'due-soon': TodoDueSoon, overdue: TodoOverdue };

/** Notifies users of their due dates, a page at a time. */
@Injectable()
export class Reminders {
  constructor(
    private readonly clock: Clock,
    private readonly memberships: Memberships,
    private readonly notices: Notices,
    private readonly outbox: Outbox,
    private readonly transaction: Transaction,
  ) {}

  /** Raises an event for each todo of the next page, in the current transaction, and requests one mail for each user. */
  async remind(kind: NoticeKind): Promise<void> {
    const now = this.clock.now();
    const { todos, taken } = await this.notices.take(kind, now, PAGE_SIZE);
    const byUser = Map.groupBy(todos, ({ userId }) => userId);
    const workspaces = await this.memberships.workspacesOfAll([...byUser.keys()]);
    const events = [...byUser].flatMap(([userId, all]) =>
      eventsFor(kind, userId, all, workspaces.get(userId) ?? new Set()),
    );
    if (taken === PAGE_SIZE) events.push(occurred(RemindersContinued, { kind }));
    if (events.length === 0) return;
    await this.outbox.append(events);
    const told = events.filter(({ definition }) => definition === EVENTS[kind]).length;
    this.transaction.afterCommit(() => metrics.notices.inc({ kind }, told));
  }
}

/** @param workspaces the workspaces of the user; former members are not notified */
function eventsFor(
  kind: NoticeKind,
  userId: string,
  all: readonly DueTodo[],
  workspaces: ReadonlySet<string>,
): RaisedEvent[] {
  const seen = all.filter(({ workspaceId }) => workspaces.has(workspaceId));
  if (seen.length === 0) return [];
  const todoIds = seen.slice(0, MAX_LISTED).map(({ id }) => id);
  return [
    ...seen.map(({ id: todoId, workspaceId, dueDate }) =>
      occurred(EVENTS[kind], { todoId, workspaceId, userId, dueDate: dueDate.toISOString() }),
    ),
    occurred(ReminderRequested, { userId, kind, todoIds, more: seen.length - todoIds.length }),
  ];
}
