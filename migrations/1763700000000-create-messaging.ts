import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Messaging: outbox, delivery ledger, schedules. */
export class CreateMessaging1763700000000 implements MigrationInterface {
  name = 'CreateMessaging1763700000000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`CREATE SCHEMA messaging`);
    await runner.query(`
      CREATE TABLE messaging.outbox (
        id bigint GENERATED ALWAYS AS IDENTITY CONSTRAINT outbox_pkey PRIMARY KEY,
        event_id uuid NOT NULL CONSTRAINT outbox_event_id_key UNIQUE,
        type text NOT NULL,
        version int NOT NULL,
        subject uuid NOT NULL,
        sequence int NOT NULL,
        shard smallint NOT NULL,
        data jsonb NOT NULL,
        occurred_at timestamptz NOT NULL,
        actor_id uuid,
        correlation_id text,
        causation_id uuid,
        traceparent text,
        published_at timestamptz,
        CONSTRAINT outbox_subject_sequence_key UNIQUE (subject, sequence)
      )`);
    await runner.query(
      `CREATE INDEX outbox_unpublished_idx ON messaging.outbox (shard, id) WHERE published_at IS NULL`,
    );
    await runner.query(`CREATE INDEX outbox_published_at_idx ON messaging.outbox (published_at)`);
    await runner.query(`
      CREATE TABLE messaging.event_delivery (
        event_id uuid NOT NULL CONSTRAINT event_delivery_event_id_fkey
          REFERENCES messaging.outbox (event_id) ON DELETE CASCADE,
        subscriber text NOT NULL,
        queue text NOT NULL,
        subject uuid NOT NULL,
        sequence int NOT NULL,
        ordered boolean NOT NULL,
        state text NOT NULL DEFAULT 'pending'
          CONSTRAINT event_delivery_state_check CHECK (state IN ('pending', 'done', 'dead', 'parked')),
        attempts int NOT NULL DEFAULT 0,
        due_at timestamptz NOT NULL DEFAULT now(),
        leased_until timestamptz,
        last_error text,
        last_stack text,
        finished_at timestamptz,
        CONSTRAINT event_delivery_pkey PRIMARY KEY (event_id, subscriber)
      ) WITH (fillfactor = 80)`);
    await runner.query(
      `CREATE INDEX event_delivery_due_idx ON messaging.event_delivery (due_at) WHERE state = 'pending'`,
    );
    await runner.query(
      `CREATE INDEX event_delivery_open_idx ON messaging.event_delivery (state, queue) WHERE state <> 'done'`,
    );
    await runner.query(
      `CREATE INDEX event_delivery_order_idx ON messaging.event_delivery (subscriber, subject, sequence)
       WHERE ordered AND state <> 'done'`,
    );
    await runner.query(`
      CREATE TABLE messaging.queue_epoch (
        one_row boolean NOT NULL DEFAULT true CONSTRAINT queue_epoch_pkey PRIMARY KEY CONSTRAINT queue_epoch_check CHECK (one_row),
        epoch uuid NOT NULL
      )`);
    await runner.query(`
      CREATE TABLE messaging.schedule_run (
        name text NOT NULL CONSTRAINT schedule_run_pkey PRIMARY KEY,
        slot timestamptz NOT NULL
      )`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`DROP SCHEMA messaging CASCADE`);
  }
}
