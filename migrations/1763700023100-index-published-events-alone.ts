import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * Only pruning needs the time of publication. If the index also contains waiting events, the planner may read all of
 * them once per shard, for the few that the relay takes.
 */
export class IndexPublishedEventsAlone1763700023100 implements MigrationInterface {
  name = 'IndexPublishedEventsAlone1763700023100';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      DROP INDEX messaging.outbox_published_at_idx;
      CREATE INDEX outbox_published_at_idx ON messaging.outbox (published_at) WHERE published_at IS NOT NULL`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`
      DROP INDEX messaging.outbox_published_at_idx;
      CREATE INDEX outbox_published_at_idx ON messaging.outbox (published_at)`);
  }
}
