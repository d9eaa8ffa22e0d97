import type { MigrationInterface, QueryRunner } from 'typeorm';

/** A profile gets its own version: the version of the account would reveal security changes to everybody. */
export class VersionProfiles1763700017000 implements MigrationInterface {
  name = 'VersionProfiles1763700017000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`ALTER TABLE identity.users ADD COLUMN profile_version int NOT NULL DEFAULT 1`);
    // Versions that owners have read remain valid.
    await runner.query(`UPDATE identity.users SET profile_version = version`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`ALTER TABLE identity.users DROP COLUMN profile_version`);
  }
}
