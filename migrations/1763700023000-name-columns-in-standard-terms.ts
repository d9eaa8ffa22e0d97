import type { MigrationInterface, QueryRunner } from 'typeorm';

export class NameColumnsInStandardTerms1763700023000 implements MigrationInterface {
  name = 'NameColumnsInStandardTerms1763700023000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      ALTER TABLE identity.users RENAME COLUMN password_number TO password_version;
      ALTER TABLE identity.sessions RENAME COLUMN proved_at TO authenticated_at`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`
      ALTER TABLE identity.sessions RENAME COLUMN authenticated_at TO proved_at;
      ALTER TABLE identity.users RENAME COLUMN password_version TO password_number`);
  }
}
