import { Injectable } from '@nestjs/common';
import { Clock } from '@rookery/domain';
import { Transaction } from '@rookery/persistence';
import { metrics } from '../metrics';
import type { Todo } from '../model/todo';
import { FocusSessions } from '../storage/focus-sessions';
import { TodoTags } from '../storage/todo-tags';
import { Todos } from '../storage/todos';
import { cadenceOf } from './cadence';

/** Completes todos. A recurring todo is followed by the next one of its series. */
@Injectable()
export class Completion {
  constructor(
    private readonly clock: Clock,
    private readonly focus: FocusSessions,
    private readonly tags: TodoTags,
    private readonly todos: Todos,
    private readonly transaction: Transaction,
  ) {}

  /**
   * Completes and stores a todo, and ends the focus session of the user on it.
   *
   * @param todo locked
   * @param by the user who completes it
   * @returns false if it was completed before, and so was not stored
   * @throws Rejection `todos.status-unreachable`, `todos.future-occurrence`
   */
  async complete(todo: Todo, by: string): Promise<boolean> {
    const now = this.clock.now();
    if (!todo.open && todo.snapshot().status === 'COMPLETED') return false;
    const next = todo.complete(by, now, cadenceOfTodo(todo, now));
    await this.todos.save(todo);
    this.transaction.afterCommit(() => metrics.completed.inc());
    if (next) {
      await this.todos.save(next);
      this.tags.copy(todo.id, next.id);
    }
    await this.focus.stopOn(todo.id, by, now);
    return true;
  }
}

function cadenceOfTodo(todo: Todo, now: Date) {
  const { recurrence, seriesStart, timeZone, dueDate } = todo.snapshot();
  if (recurrence === null) return null;
  return cadenceOf({ rule: recurrence, start: seriesStart!, timeZone: timeZone! }, dueDate!, now);
}
