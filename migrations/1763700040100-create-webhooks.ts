import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Webhooks of users and the log of their deliveries. */
export class CreateWebhooks1763700040100 implements MigrationInterface {
  name = 'CreateWebhooks1763700040100';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`CREATE SCHEMA webhooks`);
    await runner.query(`
      CREATE TABLE webhooks.webhooks (
        id uuid NOT NULL CONSTRAINT webhooks_pkey PRIMARY KEY,
        version int NOT NULL,
        owner_id uuid NOT NULL,
        url text NOT NULL,
        events text[] NOT NULL,
        ordered boolean NOT NULL,
        active boolean NOT NULL,
        disabled_reason text CONSTRAINT webhooks_disabled_reason_check
          CHECK (disabled_reason IN ('owner', 'failing', 'gone', 'account-deleted')),
        secret bytea NOT NULL,
        previous_secret bytea,
        previous_secret_expires_at timestamptz,
        created_at timestamptz NOT NULL,
        updated_at timestamptz NOT NULL,
        failures int NOT NULL DEFAULT 0,
        failing_since timestamptz,
        open_until timestamptz,
        CONSTRAINT webhooks_active_check CHECK (active = (disabled_reason IS NULL))
      )`);
    await runner.query(`CREATE INDEX webhooks_owner_idx ON webhooks.webhooks (owner_id, id)`);
    await runner.query(`
      CREATE TABLE webhooks.deliveries (
        id uuid NOT NULL CONSTRAINT deliveries_pkey PRIMARY KEY,
        webhook_id uuid NOT NULL,
        owner_id uuid NOT NULL,
        event_id uuid NOT NULL,
        event_type text NOT NULL,
        subject uuid NOT NULL,
        sequence int NOT NULL,
        body text NOT NULL,
        about uuid[] NOT NULL,
        status text NOT NULL CONSTRAINT deliveries_status_check
          CHECK (status IN ('pending', 'delivered', 'failed', 'skipped')),
        round int NOT NULL DEFAULT 1,
        attempts int NOT NULL DEFAULT 0,
        log jsonb NOT NULL DEFAULT '[]',
        created_at timestamptz NOT NULL DEFAULT now(),
        finished_at timestamptz,
        CONSTRAINT deliveries_webhook_event_key UNIQUE (webhook_id, event_id)
      ) WITH (fillfactor = 80)`);
    await runner.query(`CREATE INDEX deliveries_list_idx ON webhooks.deliveries (webhook_id, id)`);
    await runner.query(`CREATE INDEX deliveries_status_idx ON webhooks.deliveries (webhook_id, status, id)`);
    await runner.query(
      `CREATE INDEX deliveries_open_idx ON webhooks.deliveries (webhook_id, subject, sequence) WHERE status = 'pending'`,
    );
    await runner.query(`CREATE INDEX deliveries_owner_idx ON webhooks.deliveries (owner_id)`);
    await runner.query(`CREATE INDEX deliveries_created_idx ON webhooks.deliveries (created_at)`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`DROP SCHEMA webhooks CASCADE`);
  }
}
