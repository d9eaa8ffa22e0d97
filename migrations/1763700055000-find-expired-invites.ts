import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Finds invites that have expired and are not closed yet, without reading those that ended before. */
export class FindExpiredInvites1763700055000 implements MigrationInterface {
  name = 'FindExpiredInvites1763700055000';
  transaction = false as const;

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`DROP INDEX CONCURRENTLY IF EXISTS workspaces.invites_unclosed_idx`); // an invalid one, of a failed attempt
    await runner.query(
      `CREATE INDEX CONCURRENTLY invites_unclosed_idx ON workspaces.invites (expires_at) WHERE closed_at IS NULL`,
    );
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`DROP INDEX workspaces.invites_unclosed_idx`);
  }
}
