import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Keys with which programs act for a user. */
export class AddApiKeys1763700004000 implements MigrationInterface {
  name = 'AddApiKeys1763700004000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE TABLE identity.api_keys (
        id uuid NOT NULL CONSTRAINT api_keys_pkey PRIMARY KEY,
        user_id uuid NOT NULL CONSTRAINT api_keys_user_id_fkey REFERENCES identity.users (id) ON DELETE CASCADE,
        name text NOT NULL,
        prefix text NOT NULL,
        secret_hash bytea NOT NULL,
        scopes text[] NOT NULL,
        created_at timestamptz NOT NULL DEFAULT now(),
        expires_at timestamptz NOT NULL,
        last_used_at timestamptz,
        revoked_at timestamptz
      )`);
    await runner.query(`CREATE INDEX api_keys_user_id_idx ON identity.api_keys (user_id, id)`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`DROP TABLE identity.api_keys`);
  }
}
