import { Injectable } from '@nestjs/common';
import { Conflict, Rejection } from '@rookery/domain';
import { Repository, type StoredAs } from '@rookery/persistence';
import { EntitySchema } from 'typeorm';
import { TooManyDays } from '../model/rejections';
import { DayPlan, type DayPlanState } from '../model/day-plan';

/** Maximum number of planned days of a user: about ten years. */
const MAX_DAYS = 4_000;

export const dayPlanSchema = new EntitySchema<DayPlanState>({
  name: 'DayPlan',
  schema: 'todos',
  tableName: 'day_plans',
  columns: {
    id: { type: 'uuid', primary: true },
    version: { type: 'int' },
    userId: { type: 'uuid', name: 'user_id' },
    date: { type: 'date' },
    tasks: { type: 'jsonb' },
  },
});

/** The plans of all days of all users. */
@Injectable()
export class DayPlans extends Repository<DayPlanState, DayPlan> {
  protected readonly storedAs: StoredAs<DayPlanState, DayPlan> = {
    schema: dayPlanSchema,
    restore: (state) => new DayPlan(state),
    unique: { day_plans_day_key: Conflict },
  };

  /**
   * Loads and locks the plan of a day, empty if there is none. Nobody else can change it until the transaction ends. Of
   * two concurrent requests that fill the day, the second gets "the day is full" and not a version conflict.
   */
  async lockDay(userId: string, date: string): Promise<DayPlan> {
    await this.sql.execute(`SELECT pg_advisory_xact_lock(hashtextextended('todos.day:' || $1 || $2, 0))`, [
      userId,
      date,
    ]);
    return (await this.find({ userId, date })) ?? DayPlan.of(userId, date);
  }

  /**
   * Call this before the first todo of a day is added. Prevents that the user plans another new day until the transaction
   * ends.
   *
   * @throws Rejection `todos.too-many-days`
   */
  async lockRoom(userId: string): Promise<void> {
    await this.sql.execute(`SELECT pg_advisory_xact_lock(hashtextextended('todos.days:' || $1, 0))`, [
      userId,
    ]);
    // A separate statement, because its snapshot must be newer than the lock.
    const row = await this.sql.row<{ count: number }>(
      'SELECT count(*)::int AS count FROM todos.day_plans WHERE user_id = $1',
      [userId],
    );
    if (row!.count >= MAX_DAYS) throw new Rejection(TooManyDays);
  }

  /** Stores a plan, or deletes it if it has no todos. */
  async keep(plan: DayPlan): Promise<void> {
    if (plan.tasks.length > 0) await this.save(plan);
    else await this.remove(plan);
  }
}
