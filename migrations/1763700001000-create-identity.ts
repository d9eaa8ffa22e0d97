import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Accounts, verifications, sessions and signing keys of access tokens. */
export class CreateIdentity1763700001000 implements MigrationInterface {
  name = 'CreateIdentity1763700001000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`CREATE SCHEMA identity`);
    await runner.query(`
      CREATE TABLE identity.users (
        id uuid NOT NULL CONSTRAINT users_pkey PRIMARY KEY,
        version int NOT NULL,
        email text NOT NULL CONSTRAINT users_email_key UNIQUE,
        username text NOT NULL,
        name text NOT NULL,
        role text NOT NULL CONSTRAINT users_role_check CHECK (role IN ('user', 'moderator', 'admin')),
        status text NOT NULL CONSTRAINT users_status_check CHECK (status IN ('pending', 'active')),
        password_hash text NOT NULL,
        registered_at timestamptz NOT NULL,
        verified_at timestamptz,
        verification_requested_at timestamptz
      )`);
    await runner.query(`CREATE UNIQUE INDEX users_username_key ON identity.users (lower(username))`);
    await runner.query(
      `CREATE INDEX users_pending_idx ON identity.users (registered_at) WHERE status = 'pending'`,
    );
    await runner.query(`
      CREATE TABLE identity.decoys (
        id uuid NOT NULL CONSTRAINT decoys_pkey PRIMARY KEY,
        version int NOT NULL,
        email text NOT NULL CONSTRAINT decoys_email_key UNIQUE,
        username text NOT NULL,
        user_id uuid NOT NULL CONSTRAINT decoys_user_id_fkey REFERENCES identity.users (id) ON DELETE CASCADE,
        expires_at timestamptz NOT NULL,
        mailed_at timestamptz NOT NULL
      )`);
    await runner.query(`CREATE UNIQUE INDEX decoys_username_key ON identity.decoys (lower(username))`);
    await runner.query(`CREATE INDEX decoys_user_id_idx ON identity.decoys (user_id)`);
    await runner.query(`
      CREATE TABLE identity.activation_links (
        token_hash bytea NOT NULL CONSTRAINT activation_links_pkey PRIMARY KEY,
        user_id uuid NOT NULL CONSTRAINT activation_links_user_id_fkey
          REFERENCES identity.users (id) ON DELETE CASCADE,
        expires_at timestamptz NOT NULL
      )`);
    await runner.query(`CREATE INDEX activation_links_user_id_idx ON identity.activation_links (user_id)`);
    await runner.query(`
      CREATE TABLE identity.sessions (
        id uuid NOT NULL CONSTRAINT sessions_pkey PRIMARY KEY,
        user_id uuid NOT NULL CONSTRAINT sessions_user_id_fkey REFERENCES identity.users (id) ON DELETE CASCADE,
        ip inet NOT NULL,
        user_agent text NOT NULL,
        counter int NOT NULL DEFAULT 0,
        started_at timestamptz NOT NULL DEFAULT now(),
        last_seen_at timestamptz NOT NULL DEFAULT now(),
        idle_expires_at timestamptz NOT NULL,
        expires_at timestamptz NOT NULL,
        revoked_at timestamptz
      )`);
    await runner.query(`CREATE INDEX sessions_user_id_idx ON identity.sessions (user_id)`);
    await runner.query(`
      CREATE TABLE identity.signing_keys (
        kid text NOT NULL CONSTRAINT signing_keys_pkey PRIMARY KEY,
        public_jwk jsonb NOT NULL,
        private_key bytea NOT NULL,
        created_at timestamptz NOT NULL DEFAULT now()
      )`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`DROP SCHEMA identity CASCADE`);
  }
}
