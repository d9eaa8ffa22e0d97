import type { EventOf } from '@rookery/domain';
import { type Handles, Queues, Schedule, type Scheduled, Subscriber } from '@rookery/messaging';
import { RemindersContinued } from '../../events';
import { Reminders } from '../../services/reminders';

/** Reminds users of todos that are due within a day. A todo that became due while no worker ran counts as overdue. */
@Schedule('todos.remind-of-due-dates', { everySeconds: 30 })
export class RemindOfDueDates implements Scheduled {
  constructor(private readonly reminders: Reminders) {}

  run(): Promise<void> {
    return this.reminders.remind('due-soon');
  }
}

/** Reminds users of todos that became overdue within the last week. */
@Schedule('todos.remind-of-overdue', { everySeconds: 30 })
export class RemindOfOverdue implements Scheduled {
  constructor(private readonly reminders: Reminders) {}

  run(): Promise<void> {
    return this.reminders.remind('overdue');
  }
}

/** Continues with the next page immediately, so that nobody waits for the next run because others are first. */
@Subscriber('todos.continue-reminders', RemindersContinued, { queue: Queues.projections })
export class ContinueReminders implements Handles<typeof RemindersContinued> {
  constructor(private readonly reminders: Reminders) {}

  handle({ data: { kind } }: EventOf<typeof RemindersContinued>): Promise<void> {
    return this.reminders.remind(kind);
  }
}
