import { Injectable } from '@nestjs/common';
import { Conflict, Rejection } from '@rookery/domain';
import { Repository, type StoredAs } from '@rookery/persistence';
import { EntitySchema } from 'typeorm';
import { TooManyDays } from '../model/rejections';
import { DayPlan, type DayPlanState } from '../model/day-plan';

/** Days of a user with todos in their plans: ten years of them. */
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
   * The plan of a day, empty if there is none. Until the transaction ends nobody else changes it: of two who fill the
   * same day the second is told that it is full, and not that somebody was faster.
   */
  async lockDay(userId: string, date: string): Promise<DayPlan> {
    await this.sql.execute(`SELECT pg_advisory_xact_lock(hashtextextended('todos.day:' || $1 || $2, 0))`, [
      userId,
      date,
    ]);
    return (await this.find({ userId, date })) ?? DayPlan.of(userId, date);
  }

  /**
   * Before the first todo of a day: until the transaction ends the user plans no other new day.
   *
   * @throws Rejection `todos.too-many-days`
   */
  async lockRoom(userId: string): Promise<void> {
    await this.sql.execute(`SELECT pg_advisory_xact_lock(hashtextextended('todos.days:' || $1, 0))`, [
      userId,
    ]);
    // A statement of its own: its snapshot must be younger than the lock.
    const row = await this.sql.row<{ count: number }>(
      'SELECT count(*)::int AS count FROM todos.day_plans WHERE user_id = $1',
      [userId],
    );
    if (row!.count >= MAX_DAYS) throw new Rejection(TooManyDays);
  }

  /** Stores a plan; one without todos is not kept. */
  async keep(plan: DayPlan): Promise<void> {
    if (plan.tasks.length > 0) await this.save(plan);
    else await this.remove(plan);
  }
}
