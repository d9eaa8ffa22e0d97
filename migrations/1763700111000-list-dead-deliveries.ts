import type { MigrationInterface, QueryRunner } from 'typeorm';

const INDEXES = {
  event_delivery_dead_idx: '(queue, finished_at, event_id, subscriber)',
  event_delivery_dead_subscriber_idx: '(queue, subscriber, finished_at, event_id)',
};

/** Indexes to list dead deliveries by the time they failed. They contain dead deliveries only. */
export class ListDeadDeliveries1763700111000 implements MigrationInterface {
  name = 'ListDeadDeliveries1763700111000';
  transaction = false as const;

  async up(runner: QueryRunner): Promise<void> {
    for (const [index, columns] of Object.entries(INDEXES)) {
      await runner.query(`DROP INDEX CONCURRENTLY IF EXISTS messaging.${index}`); // an invalid one, of a failed attempt
      await runner.query(
        `CREATE INDEX CONCURRENTLY ${index} ON messaging.event_delivery ${columns} WHERE state = 'dead'`,
      );
    }
  }

  async down(runner: QueryRunner): Promise<void> {
    for (const index of Object.keys(INDEXES)) await runner.query(`DROP INDEX messaging.${index}`);
  }
}
