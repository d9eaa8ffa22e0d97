import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Until when somebody was a member: an invite that is older does not bring them back. */
export class RememberRemovals1763700100000 implements MigrationInterface {
  name = 'RememberRemovals1763700100000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE TABLE workspaces.removals (
        workspace_id uuid NOT NULL
          CONSTRAINT removals_workspace_id_fkey REFERENCES workspaces.workspaces (id) ON DELETE CASCADE,
        user_id uuid NOT NULL,
        removed_at timestamptz(3) NOT NULL,
        CONSTRAINT removals_pkey PRIMARY KEY (workspace_id, user_id)
      )`);
    await runner.query(`CREATE INDEX removals_user_idx ON workspaces.removals (user_id)`);
    await runner.query(`CREATE INDEX removals_removed_at_idx ON workspaces.removals (removed_at)`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`DROP TABLE workspaces.removals`);
  }
}
