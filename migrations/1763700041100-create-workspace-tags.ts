import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Tags of workspaces. */
export class CreateWorkspaceTags1763700041100 implements MigrationInterface {
  name = 'CreateWorkspaceTags1763700041100';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE TABLE workspaces.tags (
        id uuid NOT NULL CONSTRAINT tags_pkey PRIMARY KEY,
        version int NOT NULL,
        workspace_id uuid NOT NULL
          CONSTRAINT tags_workspace_id_fkey REFERENCES workspaces.workspaces (id) ON DELETE CASCADE,
        name text NOT NULL,
        created_at timestamptz(3) NOT NULL
      )`);
    await runner.query(`CREATE UNIQUE INDEX tags_name_key ON workspaces.tags (workspace_id, lower(name))`);
    await runner.query(`CREATE INDEX tags_workspace_idx ON workspaces.tags (workspace_id, id DESC)`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`DROP TABLE workspaces.tags`);
  }
}
