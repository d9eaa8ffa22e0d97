import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Invites into workspaces. They outlive their workspace for a while, so that their links say that they have expired. */
export class CreateInvites1763700041200 implements MigrationInterface {
  name = 'CreateInvites1763700041200';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE TABLE workspaces.invites (
        id uuid NOT NULL CONSTRAINT invites_pkey PRIMARY KEY,
        version int NOT NULL,
        workspace_id uuid NOT NULL,
        email text,
        user_id uuid,
        role text NOT NULL CONSTRAINT invites_role_check CHECK (role IN ('owner', 'member', 'guest')),
        invited_by uuid,
        token_hash bytea NOT NULL CONSTRAINT invites_token_hash_key UNIQUE,
        created_at timestamptz(3) NOT NULL,
        expires_at timestamptz(3) NOT NULL,
        closed_at timestamptz(3),
        mailed_to bytea,
        mailed_at timestamptz(3),
        CONSTRAINT invites_addressee_check CHECK (num_nonnulls(email, user_id) = 1)
      )`);
    await runner.query(
      `CREATE UNIQUE INDEX invites_email_key ON workspaces.invites (workspace_id, email) WHERE closed_at IS NULL`,
    );
    await runner.query(
      `CREATE UNIQUE INDEX invites_user_key ON workspaces.invites (workspace_id, user_id) WHERE closed_at IS NULL`,
    );
    await runner.query(
      `CREATE INDEX invites_workspace_idx ON workspaces.invites (workspace_id, id DESC) WHERE closed_at IS NULL`,
    );
    await runner.query(`CREATE INDEX invites_invited_by_idx ON workspaces.invites (invited_by, created_at)`);
    await runner.query(`CREATE INDEX invites_to_user_idx ON workspaces.invites (user_id, id)`);
    await runner.query(`CREATE INDEX invites_to_email_idx ON workspaces.invites (email, id)`);
    await runner.query(`CREATE INDEX invites_mailed_idx ON workspaces.invites (mailed_to, mailed_at)`);
    await runner.query(`CREATE INDEX invites_expired_idx ON workspaces.invites (expires_at)`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`DROP TABLE workspaces.invites`);
  }
}
