import type { MigrationInterface, QueryRunner } from 'typeorm';

/** The workspace that a notification belongs to, so that it goes with it. Built while others read and write. */
export class ScopeNotifications1763700043000 implements MigrationInterface {
  name = 'ScopeNotifications1763700043000';
  transaction = false as const;

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`SET lock_timeout = '1min'`); // for transactions that began earlier; nobody waits for the index
    await runner.query(`ALTER TABLE notifications.notifications ADD COLUMN IF NOT EXISTS scope_id uuid`);
    await runner.query(`DROP INDEX CONCURRENTLY IF EXISTS notifications.notifications_scope_idx`); // an invalid one, of a failed attempt
    await runner.query(
      `CREATE INDEX CONCURRENTLY notifications_scope_idx ON notifications.notifications (scope_id, user_id, id)
       WHERE scope_id IS NOT NULL`,
    );
    await runner.query('RESET lock_timeout');
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`ALTER TABLE notifications.notifications DROP COLUMN scope_id`);
  }
}
