import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Frames for connected clients: a gapless stream for each user. */
export class CreateRealtime1763700034000 implements MigrationInterface {
  name = 'CreateRealtime1763700034000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`CREATE SCHEMA realtime`);
    // Not HOT without room in the page: `seq` changes with each frame.
    await runner.query(`
      CREATE TABLE realtime.streams (
        user_id uuid NOT NULL CONSTRAINT streams_pkey PRIMARY KEY,
        seq bigint NOT NULL
      ) WITH (fillfactor = 70)`);
    // A row lives for ten minutes: vacuumed by the number of dead rows, whatever the size of the table.
    await runner.query(`
      CREATE TABLE realtime.frames (
        user_id uuid NOT NULL,
        seq bigint NOT NULL,
        type text NOT NULL,
        payload json NOT NULL,
        occurred_at timestamptz NOT NULL,
        CONSTRAINT frames_pkey PRIMARY KEY (user_id, seq)
      ) WITH (autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_threshold = 5000)`);
    await runner.query(`CREATE INDEX frames_occurred_at_idx ON realtime.frames (occurred_at)`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`DROP SCHEMA realtime CASCADE`);
  }
}
