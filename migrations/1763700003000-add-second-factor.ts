import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Authenticator apps, recovery codes, and sign-ins that wait for a second factor. */
export class AddSecondFactor1763700003000 implements MigrationInterface {
  name = 'AddSecondFactor1763700003000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`ALTER TABLE identity.users ADD COLUMN mfa_enabled_at timestamptz`);
    await runner.query(`ALTER TABLE identity.sessions ADD COLUMN proof_tries int NOT NULL DEFAULT 0`);
    await runner.query(`
      CREATE TABLE identity.second_factors (
        user_id uuid NOT NULL CONSTRAINT second_factors_pkey PRIMARY KEY
          CONSTRAINT second_factors_user_id_fkey REFERENCES identity.users (id) ON DELETE CASCADE,
        secret bytea NOT NULL,
        enrolled_at timestamptz,
        last_step int NOT NULL DEFAULT 0,
        failures int NOT NULL DEFAULT 0
      )`);
    await runner.query(`
      CREATE TABLE identity.recovery_codes (
        user_id uuid NOT NULL CONSTRAINT recovery_codes_user_id_fkey
          REFERENCES identity.users (id) ON DELETE CASCADE,
        code_hash bytea NOT NULL,
        CONSTRAINT recovery_codes_pkey PRIMARY KEY (user_id, code_hash)
      )`);
    await runner.query(`
      CREATE TABLE identity.mfa_tokens (
        id uuid NOT NULL CONSTRAINT mfa_tokens_pkey PRIMARY KEY,
        user_id uuid NOT NULL CONSTRAINT mfa_tokens_user_id_fkey REFERENCES identity.users (id) ON DELETE CASCADE,
        tries int NOT NULL DEFAULT 0,
        expires_at timestamptz NOT NULL
      )`);
    await runner.query(`CREATE INDEX mfa_tokens_user_id_idx ON identity.mfa_tokens (user_id, expires_at)`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`DROP TABLE identity.mfa_tokens, identity.recovery_codes, identity.second_factors`);
    await runner.query(`ALTER TABLE identity.sessions DROP COLUMN proof_tries`);
    await runner.query(`ALTER TABLE identity.users DROP COLUMN mfa_enabled_at`);
  }
}
