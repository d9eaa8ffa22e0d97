import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Index to find out whether a user has signed in from an address. */
export class FindKnownNetworks1763700021000 implements MigrationInterface {
  name = 'FindKnownNetworks1763700021000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`CREATE INDEX sessions_user_id_ip_idx ON identity.sessions (user_id, ip)`);
    await runner.query(`DROP INDEX identity.sessions_user_id_idx`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`CREATE INDEX sessions_user_id_idx ON identity.sessions (user_id)`);
    await runner.query(`DROP INDEX identity.sessions_user_id_ip_idx`);
  }
}
