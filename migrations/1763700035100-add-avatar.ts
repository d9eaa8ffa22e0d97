import type { MigrationInterface, QueryRunner } from 'typeorm';

/** The avatar of a user, by the key of its upload. */
export class AddAvatar1763700035100 implements MigrationInterface {
  name = 'AddAvatar1763700035100';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`ALTER TABLE identity.users ADD COLUMN avatar_media_key text`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`ALTER TABLE identity.users DROP COLUMN avatar_media_key`);
  }
}
