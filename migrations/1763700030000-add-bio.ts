import type { MigrationInterface, QueryRunner } from 'typeorm';

/** What users say about themselves. Rows from before are not rewritten: PostgreSQL keeps the default apart. */
export class AddBio1763700030000 implements MigrationInterface {
  name = 'AddBio1763700030000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`ALTER TABLE identity.users ADD COLUMN bio text NOT NULL DEFAULT ''`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`ALTER TABLE identity.users DROP COLUMN bio`);
  }
}
