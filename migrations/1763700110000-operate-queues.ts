import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * What operators decide about queues and dead deliveries. A discarded delivery is done, with the time of the decision:
 * the previous release prunes it and runs its successors, as it must.
 */
export class OperateQueues1763700110000 implements MigrationInterface {
  name = 'OperateQueues1763700110000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`ALTER TABLE messaging.event_delivery ADD COLUMN discarded_at timestamptz`);
    await runner.query(`
      CREATE TABLE messaging.paused_queues (
        queue text NOT NULL CONSTRAINT paused_queues_pkey PRIMARY KEY,
        paused_at timestamptz NOT NULL DEFAULT now(),
        paused_by uuid
      )`);
    await runner.query(`
      CREATE TABLE messaging.redrives (
        id uuid NOT NULL CONSTRAINT redrives_pkey PRIMARY KEY,
        queue text NOT NULL,
        subscriber text,
        died_before timestamptz NOT NULL DEFAULT clock_timestamp(),
        redriven int NOT NULL DEFAULT 0,
        finished_at timestamptz
      )`);
    await runner.query(`CREATE INDEX redrives_open_idx ON messaging.redrives (id) WHERE finished_at IS NULL`);
    await runner.query(`
      CREATE TABLE messaging.redrive_pace (
        one_row boolean NOT NULL DEFAULT true CONSTRAINT redrive_pace_pkey PRIMARY KEY
          CONSTRAINT redrive_pace_check CHECK (one_row),
        last_batch_at timestamptz NOT NULL
      )`);
    await runner.query(`INSERT INTO messaging.redrive_pace (last_batch_at) VALUES ('epoch')`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`DROP TABLE messaging.redrive_pace, messaging.redrives, messaging.paused_queues`);
    await runner.query(`ALTER TABLE messaging.event_delivery DROP COLUMN discarded_at`);
  }
}
