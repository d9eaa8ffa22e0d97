import type { MigrationInterface, QueryRunner } from 'typeorm';

const INDEXES = [
  ['relationships_blocks_idx', 'blocked_at'],
  ['relationships_mutes_idx', 'muted_at'],
] as const;

/** Whom a user has blocked and muted, latest first. Built while users go on following, so not in a transaction. */
export class ListBlocksAndMutes1763700031100 implements MigrationInterface {
  name = 'ListBlocksAndMutes1763700031100';
  transaction = false as const;

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`SET lock_timeout = '1min'`); // for transactions that began earlier; nobody waits for this one
    for (const [index, column] of INDEXES) {
      await runner.query(`DROP INDEX CONCURRENTLY IF EXISTS social.${index}`); // an invalid one, of a failed attempt
      await runner.query(
        `CREATE INDEX CONCURRENTLY ${index} ON social.relationships (user_id, ${column} DESC, other_id DESC)
         WHERE ${column} IS NOT NULL`,
      );
    }
    await runner.query('RESET lock_timeout');
  }

  async down(runner: QueryRunner): Promise<void> {
    for (const [index] of INDEXES) await runner.query(`DROP INDEX social.${index}`);
  }
}
