import type { MigrationInterface, QueryRunner } from 'typeorm';

/** State of the web layer: idempotency keys, and the rate limits that must survive the loss of Redis. */
export class CreatePlatform1763700010000 implements MigrationInterface {
  name = 'CreatePlatform1763700010000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`CREATE SCHEMA platform`);
    await runner.query(`
      CREATE TABLE platform.idempotency_keys (
        scope bytea NOT NULL,
        key text NOT NULL,
        fingerprint bytea NOT NULL,
        claim uuid NOT NULL,
        leased_until timestamptz NOT NULL,
        effects jsonb NOT NULL DEFAULT '{}',
        answer bytea,
        expires_at timestamptz NOT NULL,
        CONSTRAINT idempotency_keys_pkey PRIMARY KEY (scope, key)
      ) WITH (fillfactor = 80)`);
    await runner.query(
      `CREATE INDEX idempotency_keys_expires_at_idx ON platform.idempotency_keys (expires_at)`,
    );
    await runner.query(`
      CREATE TABLE platform.rate_counters (
        key text NOT NULL CONSTRAINT rate_counters_pkey PRIMARY KEY,
        full_at timestamptz NOT NULL
      ) WITH (fillfactor = 80)`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`DROP SCHEMA platform CASCADE`);
  }
}
