import { Aggregate, type AggregateState, newId, Rejection } from '@rookery/domain';
import { TaskCommitted } from '../contract';
import { TaskWithdrawn } from '../events';
import { OverCapacity } from './rejections';

/** Maximum total cost of the todos of a day. */
export const CAPACITY = 10;

/** A todo in the plan of a day. */
export interface Task {
  todoId: string;
  /** From 1 to 5. */
  cost: number;
}

export interface DayPlanState extends AggregateState {
  userId: string;
  /** `2026-03-29`. */
  date: string;
  tasks: Task[];
}

/** The todos that a user plans to do on a day. */
export class DayPlan extends Aggregate<DayPlanState> {
  static of(userId: string, date: string): DayPlan {
    return new DayPlan({ id: newId(), version: 0, userId, date, tasks: [] });
  }

  get tasks(): readonly Task[] {
    return this.state.tasks;
  }

  /**
   * Adds a todo to the plan, or changes its cost.
   *
   * @param there the todos of the plan that the user can still see; the others do not count
   * @returns whether something has changed
   * @throws Rejection `schedule.over-capacity`
   */
  commit(task: Task, there: ReadonlySet<string>): boolean {
    const { todoId, cost } = task;
    if (this.state.tasks.some((each) => each.todoId === todoId && each.cost === cost)) return false;
    const others = this.state.tasks.filter((each) => each.todoId !== todoId && there.has(each.todoId));
    if (costOf(others) + cost > CAPACITY) throw new Rejection(OverCapacity);
    this.state.tasks = [...others, { todoId, cost }];
    this.raise(TaskCommitted, { userId: this.state.userId, todoId, date: this.state.date, cost });
    return true;
  }

  /** @returns whether it was in the plan */
  withdraw(todoId: string): boolean {
    const others = this.state.tasks.filter((each) => each.todoId !== todoId);
    if (others.length === this.state.tasks.length) return false;
    this.state.tasks = others;
    this.raise(TaskWithdrawn, { userId: this.state.userId, todoId, date: this.state.date });
    return true;
  }
}

/** @returns the total cost of the tasks */
export function costOf(tasks: readonly Pick<Task, 'cost'>[]): number {
  return tasks.reduce((sum, { cost }) => sum + cost, 0);
}
