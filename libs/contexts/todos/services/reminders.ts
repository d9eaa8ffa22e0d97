import { Injectable } from '@nestjs/common';
import { Clock, occurred, type RaisedEvent } from '@rookery/domain';
import { Outbox, Transaction } from '@rookery/persistence';
import { Memberships } from '../../workspaces/contract';
import { TodoDueSoon, TodoOverdue } from '../contract';
import { ReminderRequested } from '../events';
import { metrics } from '../metrics';
import { type DueTodo, type NoticeKind, Notices } from '../storage/notices';

const BATCH_SIZE = 100;
/** Batches of one slot; the rest waits for the next one. */
const MAX_BATCHES = 10;
/** Todos that a mail lists. */
const MAX_LISTED = 10;

const EVENTS = { 'due-soon': TodoDueSoon, overdue: TodoOverdue };

/** Tells users of their due dates, in the transaction of a schedule. */
@Injectable()
export class Reminders {
  constructor(
    private readonly clock: Clock,
    private readonly memberships: Memberships,
    private readonly notices: Notices,
    private readonly outbox: Outbox,
    private readonly transaction: Transaction,
  ) {}

  /** Raises an event for each todo that is due, and asks for one mail for each user. */
  async remind(kind: NoticeKind): Promise<void> {
    const now = this.clock.now();
    const due: DueTodo[] = [];
    for (let batch = 0; batch < MAX_BATCHES; batch += 1) {
      const { todos, taken } = await this.notices.take(kind, now, BATCH_SIZE);
      due.push(...todos);
      if (taken < BATCH_SIZE) break;
    }
    const byUser = Map.groupBy(due, ({ userId }) => userId);
    const events: RaisedEvent[] = [];
    for (const [userId, all] of byUser) events.push(...(await this.eventsFor(kind, userId, all)));
    if (events.length === 0) return;
    await this.outbox.append(events);
    const told = events.filter(({ definition }) => definition === EVENTS[kind]).length;
    this.transaction.afterCommit(() => metrics.notices.inc({ kind }, told));
  }

  private async eventsFor(kind: NoticeKind, userId: string, all: readonly DueTodo[]): Promise<RaisedEvent[]> {
    const workspaces = new Set(
      (await this.memberships.workspacesOf(userId)).map(({ workspaceId }) => workspaceId),
    );
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
}
