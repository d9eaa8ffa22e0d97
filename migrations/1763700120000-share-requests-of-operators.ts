import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * A request contains what the build that accepted it knows about the subscriber, so that workers of another build
 * cannot work off something else. Existing requests to replay have no types: operators repeat them.
 */
export class ShareRequestsOfOperators1763700120000 implements MigrationInterface {
  name = 'ShareRequestsOfOperators1763700120000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      ALTER TABLE messaging.replays
        ADD COLUMN names text[] NOT NULL DEFAULT '{}',
        ADD COLUMN types text[] NOT NULL DEFAULT '{}',
        ADD COLUMN requested_at timestamptz NOT NULL DEFAULT clock_timestamp(),
        ADD COLUMN served_at timestamptz,
        ADD COLUMN failures int NOT NULL DEFAULT 0,
        ADD COLUMN error text`);
    await runner.query(`
      ALTER TABLE messaging.redrives
        ADD COLUMN names text[],
        ADD COLUMN served_at timestamptz,
        ADD COLUMN failures int NOT NULL DEFAULT 0,
        ADD COLUMN error text`);
    await runner.query(
      `UPDATE messaging.redrives SET names = ARRAY[subscriber] WHERE subscriber IS NOT NULL`,
    );
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(
      `ALTER TABLE messaging.redrives DROP COLUMN names, DROP COLUMN served_at, DROP COLUMN failures, DROP COLUMN error`,
    );
    await runner.query(`
      ALTER TABLE messaging.replays DROP COLUMN names, DROP COLUMN types, DROP COLUMN requested_at,
        DROP COLUMN served_at, DROP COLUMN failures, DROP COLUMN error`);
  }
}
