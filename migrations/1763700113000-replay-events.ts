import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Requests of operators to deliver stored events to a subscriber that has not handled them. */
export class ReplayEvents1763700113000 implements MigrationInterface {
  name = 'ReplayEvents1763700113000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE TABLE messaging.replays (
        id uuid NOT NULL CONSTRAINT replays_pkey PRIMARY KEY,
        subscriber text NOT NULL,
        type text,
        since timestamptz NOT NULL,
        until timestamptz NOT NULL,
        after_event_id uuid NOT NULL,
        replayed int NOT NULL DEFAULT 0,
        finished_at timestamptz
      )`);
    await runner.query(`CREATE INDEX replays_open_idx ON messaging.replays (id) WHERE finished_at IS NULL`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`DROP TABLE messaging.replays`);
  }
}
