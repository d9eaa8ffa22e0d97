import type { MigrationInterface, QueryRunner } from 'typeorm';

/** The workspace that a delivery is about: its recipient must still be a member when it is sent. */
export class DeliverWithinWorkspaces1763700040200 implements MigrationInterface {
  name = 'DeliverWithinWorkspaces1763700040200';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`ALTER TABLE webhooks.deliveries ADD COLUMN workspace_id uuid`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`ALTER TABLE webhooks.deliveries DROP COLUMN workspace_id`);
  }
}
