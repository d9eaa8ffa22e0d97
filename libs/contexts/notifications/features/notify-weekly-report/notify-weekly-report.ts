import type { EventOf } from '@rookery/domain';
import { type Handles, Queues, Subscriber } from '@rookery/messaging';
import { TodoHeadlines, WeeklyReportRequested } from '../../../todos/contract';
import { Notify } from '../../services/notify';

/** Notifies users of their weekly report, unless it is empty. */
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
