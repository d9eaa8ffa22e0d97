import type { MigrationInterface, QueryRunner } from 'typeorm';

/** The devices that need no other push message of a notification; null where none failed. */
export class RememberPushedDevices1763700080000 implements MigrationInterface {
  name = 'RememberPushedDevices1763700080000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`ALTER TABLE notifications.notifications ADD COLUMN pushed_to uuid[]`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`ALTER TABLE notifications.notifications DROP COLUMN pushed_to`);
  }
}
