import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Which sessions ended long ago. Refreshing one changes neither column, so it need not change the index. */
export class FindEndedSessions1763700027000 implements MigrationInterface {
  name = 'FindEndedSessions1763700027000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(
      `CREATE INDEX sessions_ended_at_idx ON identity.sessions ((least(revoked_at, expires_at)))`,
    );
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`DROP INDEX identity.sessions_ended_at_idx`);
  }
}
