import { Injectable } from '@nestjs/common';
import { Conflict } from '@rookery/domain';
import { Repository, type StoredAs } from '@rookery/persistence';
import { EntitySchema } from 'typeorm';
import { DayPlan, type DayPlanState } from '../model/day-plan';

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
}
