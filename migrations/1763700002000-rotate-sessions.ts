import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Session columns for rotation of refresh tokens and for reauthentication. */
export class RotateSessions1763700002000 implements MigrationInterface {
  name = 'RotateSessions1763700002000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      ALTER TABLE identity.sessions
        ADD COLUMN rotated_at timestamptz NOT NULL DEFAULT now(),
        ADD COLUMN proved_at timestamptz`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`ALTER TABLE identity.sessions DROP COLUMN rotated_at, DROP COLUMN proved_at`);
  }
}
