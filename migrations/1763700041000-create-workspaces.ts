import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Workspaces and their members. Times have milliseconds, the precision of cursors. */
export class CreateWorkspaces1763700041000 implements MigrationInterface {
  name = 'CreateWorkspaces1763700041000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`CREATE SCHEMA workspaces`);
    await runner.query(`
      CREATE TABLE workspaces.people (
        id uuid NOT NULL CONSTRAINT people_pkey PRIMARY KEY,
        version int NOT NULL,
        username text NOT NULL,
        name text NOT NULL,
        active boolean NOT NULL
      )`);
    await runner.query(`
      CREATE TABLE workspaces.workspaces (
        id uuid NOT NULL CONSTRAINT workspaces_pkey PRIMARY KEY,
        version int NOT NULL,
        name text NOT NULL,
        description text,
        personal_of uuid CONSTRAINT workspaces_personal_of_key UNIQUE,
        created_by uuid,
        members_count int NOT NULL DEFAULT 1 CONSTRAINT workspaces_members_count_check CHECK (members_count >= 0),
        created_at timestamptz(3) NOT NULL,
        updated_at timestamptz(3) NOT NULL
      ) WITH (fillfactor = 90)`);
    await runner.query(`CREATE INDEX workspaces_created_by_idx ON workspaces.workspaces (created_by)`);
    await runner.query(`
      CREATE TABLE workspaces.members (
        id uuid NOT NULL CONSTRAINT members_pkey PRIMARY KEY,
        version int NOT NULL,
        workspace_id uuid NOT NULL
          CONSTRAINT members_workspace_id_fkey REFERENCES workspaces.workspaces (id) ON DELETE CASCADE,
        user_id uuid NOT NULL,
        role text NOT NULL CONSTRAINT members_role_check CHECK (role IN ('owner', 'member', 'guest')),
        joined_at timestamptz(3) NOT NULL,
        CONSTRAINT members_pair_key UNIQUE (workspace_id, user_id)
      )`);
    await runner.query(
      `CREATE INDEX members_workspace_idx ON workspaces.members (workspace_id, joined_at DESC, user_id DESC)`,
    );
    await runner.query(
      `CREATE INDEX members_user_idx ON workspaces.members (user_id, joined_at DESC, workspace_id DESC)`,
    );
    // Who has left by choice is not added again without being asked.
    await runner.query(`
      CREATE TABLE workspaces.departures (
        workspace_id uuid NOT NULL
          CONSTRAINT departures_workspace_id_fkey REFERENCES workspaces.workspaces (id) ON DELETE CASCADE,
        user_id uuid NOT NULL,
        CONSTRAINT departures_pkey PRIMARY KEY (workspace_id, user_id)
      )`);
    await runner.query(`CREATE INDEX departures_user_idx ON workspaces.departures (user_id)`);
    // One row: the account from which the worker goes on to give everybody a personal workspace; null when it is done.
    await runner.query(`
      CREATE TABLE workspaces.personal_backfill (
        singleton boolean NOT NULL CONSTRAINT personal_backfill_pkey PRIMARY KEY
          CONSTRAINT personal_backfill_singleton_check CHECK (singleton),
        account_id uuid
      )`);
    await runner.query(
      `INSERT INTO workspaces.personal_backfill VALUES (true, '00000000-0000-0000-0000-000000000000')`,
    );
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`DROP SCHEMA workspaces CASCADE`);
  }
}
