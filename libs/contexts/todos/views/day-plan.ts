import { Injectable, type PipeTransform } from '@nestjs/common';
import { ApiSchema } from '@nestjs/swagger';
import { NotFound, Rejection } from '@rookery/domain';
import { Sql } from '@rookery/persistence';
import { Field, Item } from '@rookery/web';
import { CAPACITY, type Task } from '../model/day-plan';
import { TodoView } from './todo';

const DATE = /^\d{4}-\d{2}-\d{2}$/;

/** A date in the path. Anything else is rejected with 404. */
@Injectable()
export class DateParam implements PipeTransform<string, string> {
  transform(value: string): string {
    const day = DATE.test(value) ? new Date(`${value}T00:00:00Z`) : undefined;
    const exists = day && !Number.isNaN(day.getTime()) && day.toISOString().startsWith(value);
    if (!exists || value.startsWith('0000')) throw new Rejection(NotFound);
    return value;
  }
}

/** A todo in the plan of a day. */
@ApiSchema({ name: 'Task' })
export class TaskView {
  @Field.integer({ min: 1, max: 5, description: 'How much of the day the todo takes.', example: 3 })
  cost: number;

  @Field.object(() => TodoView, { description: 'The todo as it is now.' })
  todo: TodoView;
}

/** What a user wants to do on a day. */
@ApiSchema({ name: 'DayPlan' })
export class DayPlanView {
  @Field.date({ description: 'The day.', example: '2027-01-31' })
  date: string;

  @Field.integer({ description: 'Maximum total cost of the todos of a day.', example: CAPACITY })
  capacity: number;

  @Field.integer({ description: 'Total cost of the todos of this day.', example: 3 })
  used: number;

  @Field.list(Item.object(() => TaskView), {
    max: CAPACITY,
    description:
      'Planned todos in the order in which they were added, without those that you can no longer see.',
  })
  tasks: TaskView[];
}

/** Day plans, as stored. */
@Injectable()
export class DayPlanViews {
  constructor(private readonly sql: Sql) {}

  async tasksOf(userId: string, date: string): Promise<Task[]> {
    const row = await this.sql.row<{ tasks: Task[] }>(
      'SELECT tasks FROM todos.day_plans WHERE user_id = $1 AND date = $2',
      [userId, date],
    );
    return row?.tasks ?? [];
  }
}
