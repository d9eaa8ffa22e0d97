import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Where each user's clock is: reminders, reports and quiet hours follow it. */
export class AddTimeZone1763700042000 implements MigrationInterface {
  name = 'AddTimeZone1763700042000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`ALTER TABLE identity.preferences ADD COLUMN time_zone text NOT NULL DEFAULT 'UTC'`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`ALTER TABLE identity.preferences DROP COLUMN time_zone`);
  }
}
