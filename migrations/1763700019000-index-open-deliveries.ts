import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Index to page through pending or dead deliveries without reading those that are done. */
export class IndexOpenDeliveries1763700019000 implements MigrationInterface {
  name = 'IndexOpenDeliveries1763700019000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`DROP INDEX messaging.event_delivery_open_idx`);
    await runner.query(
      `CREATE INDEX event_delivery_open_idx ON messaging.event_delivery (state, event_id, subscriber) INCLUDE (queue)
       WHERE state <> 'done'`,
    );
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`DROP INDEX messaging.event_delivery_open_idx`);
    await runner.query(
      `CREATE INDEX event_delivery_open_idx ON messaging.event_delivery (state, queue) WHERE state <> 'done'`,
    );
  }
}
