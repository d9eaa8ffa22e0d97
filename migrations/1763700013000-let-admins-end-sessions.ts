import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Admins may end the sessions of others. */
export class LetAdminsEndSessions1763700013000 implements MigrationInterface {
  name = 'LetAdminsEndSessions1763700013000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(
      `INSERT INTO identity.role_permissions (role, permission) VALUES ('admin', 'users:sessions') ON CONFLICT DO NOTHING`,
    );
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(
      `DELETE FROM identity.role_permissions WHERE role = 'admin' AND permission = 'users:sessions'`,
    );
  }
}
