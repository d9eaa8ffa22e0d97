import type { EventOf } from '@rookery/domain';
import { type Handles, Queues, Subscriber } from '@rookery/messaging';
import { TodoHeadlines, WeeklyReportRequested } from '../../../todos/contract';
import { Notify } from '../../services/notify';

/** Tells users that the report of their week is there, unless there is nothing in it. */
@Subscriber('notifications.notify-weekly-report', WeeklyReportRequested, { queue: Queues.notifications })
export class NotifyWeeklyReport implements Handles<typeof WeeklyReportRequested> {
  constructor(
    private readonly notify: Notify,
    private readonly todos: TodoHeadlines,
  ) {}

  async handle({ occurredAt, data: { userId } }: EventOf<typeof WeeklyReportRequested>): Promise<void> {
    if (!(await this.todos.hasReport(userId, new Date(occurredAt)))) return;
    await this.notify.one({ kind: 'weeklyReport', targetId: userId, actorId: null, recipientId: userId });
  }
}
