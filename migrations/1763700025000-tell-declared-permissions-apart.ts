import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Permissions that a context declares are added and removed with the declaration; permissions added by hand stay. */
export class TellDeclaredPermissionsApart1763700025000 implements MigrationInterface {
  name = 'TellDeclaredPermissionsApart1763700025000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(
      `ALTER TABLE identity.role_permissions ADD COLUMN declared boolean NOT NULL DEFAULT false`,
    );
    // Permissions granted by earlier migrations.
    await runner.query(`
      UPDATE identity.role_permissions SET declared = true WHERE (role, permission) IN (
        ('moderator', 'posts:update:any'),
        ('moderator', 'comments:update:any'),
        ('moderator', 'comments:delete:any'),
        ('admin', 'posts:delete:any'),
        ('admin', 'users:role'),
        ('admin', 'users:sessions'),
        ('admin', 'ops:read'),
        ('admin', 'ops:write'))`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`ALTER TABLE identity.role_permissions DROP COLUMN declared`);
  }
}
