import { Schedule, type Scheduled } from '@rookery/messaging';
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
