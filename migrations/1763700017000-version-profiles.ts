import type { MigrationInterface, QueryRunner } from 'typeorm';

/** A profile has a version of its own: that of the account tells everybody when its owner secures it. */
export class VersionProfiles1763700017000 implements MigrationInterface {
  name = 'VersionProfiles1763700017000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`ALTER TABLE identity.users ADD COLUMN profile_version int NOT NULL DEFAULT 1`);
    // Owners may go on with the version they have read.
    await runner.query(`UPDATE identity.users SET profile_version = version`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`ALTER TABLE identity.users DROP COLUMN profile_version`);
  }
}
