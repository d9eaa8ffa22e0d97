import type { MigrationInterface, QueryRunner } from 'typeorm';

/** The digest that has a notification, so that two digests of a user never tell the same. */
export class ClaimDigests1763700081000 implements MigrationInterface {
  name = 'ClaimDigests1763700081000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`ALTER TABLE notifications.notifications ADD COLUMN digest_id uuid`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`ALTER TABLE notifications.notifications DROP COLUMN digest_id`);
  }
}
