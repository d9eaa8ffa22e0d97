import { Clock } from '@rookery/domain';
import { Schedule, type Scheduled } from '@rookery/messaging';
import { Todos } from '../../storage/todos';

const BATCH_SIZE = 100;
const AFTER_DAYS = 30;

/** Archives todos that were completed more than 30 days ago. */
@Schedule('todos.archive-completed', { everySeconds: 60 })
export class ArchiveCompleted implements Scheduled {
  constructor(
    private readonly clock: Clock,
    private readonly todos: Todos,
  ) {}

  async run(): Promise<void> {
    const now = this.clock.now();
    for (const todo of await this.todos.lockCompletedBefore(daysBefore(now, AFTER_DAYS), BATCH_SIZE)) {
      todo.archive(now);
      await this.todos.save(todo);
    }
  }
}

function daysBefore(now: Date, days: number): Date {
  return new Date(now.getTime() - days * 86_400_000);
}
