import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Finds the entries of one request: commands, and through their ids all events. */
export class TraceRequests1763700112000 implements MigrationInterface {
  name = 'TraceRequests1763700112000';
  transaction = false as const;

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`DROP INDEX CONCURRENTLY IF EXISTS audit.entries_correlation_idx`); // an invalid one, of a failed attempt
    await runner.query(
      `CREATE INDEX CONCURRENTLY entries_correlation_idx ON audit.entries (correlation_id, id)
       WHERE correlation_id IS NOT NULL`,
    );
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`DROP INDEX audit.entries_correlation_idx`);
  }
}
