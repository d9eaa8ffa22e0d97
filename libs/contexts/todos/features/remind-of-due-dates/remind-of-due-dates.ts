import type { EventOf } from '@rookery/domain';
import { type Handles, Queues, Schedule, type Scheduled, Subscriber } from '@rookery/messaging';
import { RemindersContinued } from '../../events';
import { Reminders } from '../../services/reminders';

/** Tells users of what is due within a day. What was due while no worker ran is overdue, and told as that. */
@Schedule('todos.remind-of-due-dates', { everySeconds: 30 })
export class RemindOfDueDates implements Scheduled {
  constructor(private readonly reminders: Reminders) {}

  run(): Promise<void> {
    return this.reminders.remind('due-soon');
  }
}

/** Tells users of what is overdue, of the last week. */
@Schedule('todos.remind-of-overdue', { everySeconds: 30 })
export class RemindOfOverdue implements Scheduled {
  constructor(private readonly reminders: Reminders) {}

  run(): Promise<void> {
    return this.reminders.remind('overdue');
  }
}

/** Goes on with the next page at once: whose todos are due after those of others does not wait for another slot. */
@Subscriber('todos.continue-reminders', RemindersContinued, { queue: Queues.projections })
export class ContinueReminders implements Handles<typeof RemindersContinued> {
  constructor(private readonly reminders: Reminders) {}

  handle({ data: { kind } }: EventOf<typeof RemindersContinued>): Promise<void> {
    return this.reminders.remind(kind);
  }
}
