import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Tables for password resets and for protection against guessing. */
export class GuardPasswords1763700005000 implements MigrationInterface {
  name = 'GuardPasswords1763700005000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      ALTER TABLE identity.users
        ADD COLUMN password_number int NOT NULL DEFAULT 1,
        ADD COLUMN password_reset_requested_at timestamptz`);
    await runner.query(`
      CREATE TABLE identity.password_reset_links (
        token_hash bytea NOT NULL CONSTRAINT password_reset_links_pkey PRIMARY KEY,
        user_id uuid NOT NULL CONSTRAINT password_reset_links_user_id_fkey
          REFERENCES identity.users (id) ON DELETE CASCADE,
        expires_at timestamptz NOT NULL
      )`);
    await runner.query(
      `CREATE INDEX password_reset_links_user_id_idx ON identity.password_reset_links (user_id)`,
    );
    await runner.query(
      `CREATE INDEX password_reset_links_expires_at_idx ON identity.password_reset_links (expires_at)`,
    );
    await runner.query(`
      CREATE TABLE identity.password_attempts (
        address bytea NOT NULL CONSTRAINT password_attempts_pkey PRIMARY KEY,
        failed_at timestamptz[] NOT NULL DEFAULT '{}',
        locked_until timestamptz,
        comparing int NOT NULL DEFAULT 0,
        comparing_until timestamptz NOT NULL DEFAULT now()
      )`);
    await runner.query(
      `CREATE INDEX password_attempts_comparing_until_idx ON identity.password_attempts (comparing_until)`,
    );
    await runner.query(`
      CREATE TABLE identity.code_failures (
        address bytea NOT NULL CONSTRAINT code_failures_pkey PRIMARY KEY,
        failures int NOT NULL,
        last_tried_at timestamptz NOT NULL
      )`);
    await runner.query(
      `CREATE INDEX code_failures_last_tried_at_idx ON identity.code_failures (last_tried_at)`,
    );
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`DROP TABLE identity.code_failures`);
    await runner.query(`DROP TABLE identity.password_attempts`);
    await runner.query(`DROP TABLE identity.password_reset_links`);
    await runner.query(
      `ALTER TABLE identity.users DROP COLUMN password_number, DROP COLUMN password_reset_requested_at`,
    );
  }
}
