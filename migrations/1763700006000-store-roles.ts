import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Roles and their permissions, and indexes for searching users. */
export class StoreRoles1763700006000 implements MigrationInterface {
  name = 'StoreRoles1763700006000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE TABLE identity.roles (
        name text NOT NULL CONSTRAINT roles_pkey PRIMARY KEY
          CONSTRAINT roles_name_check CHECK (name ~ '^[a-z][a-z-]{0,29}$'),
        includes text CONSTRAINT roles_includes_fkey REFERENCES identity.roles (name),
        description text NOT NULL
      )`);
    await runner.query(`
      CREATE TABLE identity.role_permissions (
        role text NOT NULL CONSTRAINT role_permissions_role_fkey REFERENCES identity.roles (name) ON DELETE CASCADE,
        permission text NOT NULL
          CONSTRAINT role_permissions_permission_check CHECK (permission ~ '^[a-z]+(:[a-z-]+)+$'),
        CONSTRAINT role_permissions_pkey PRIMARY KEY (role, permission)
      )`);
    await runner.query(`
      INSERT INTO identity.roles (name, includes, description) VALUES
        ('user', NULL, 'Everybody with an account.'),
        ('moderator', 'user', 'Mends and removes what others have written.'),
        ('admin', 'moderator', 'Gives roles and runs the place.')`);
    await runner.query(`
      INSERT INTO identity.role_permissions (role, permission) VALUES
        ('moderator', 'posts:update:any'),
        ('moderator', 'comments:update:any'),
        ('moderator', 'comments:delete:any'),
        ('admin', 'posts:delete:any'),
        ('admin', 'users:role'),
        ('admin', 'ops:read'),
        ('admin', 'ops:write')`);
    // NOT VALID takes no long lock; the separate validation does not block reads and writes.
    await runner.query(`
      ALTER TABLE identity.users
        ADD CONSTRAINT users_role_fkey FOREIGN KEY (role) REFERENCES identity.roles (name) NOT VALID`);
    await runner.query(`ALTER TABLE identity.users VALIDATE CONSTRAINT users_role_fkey`);
    await runner.query(`ALTER TABLE identity.users DROP CONSTRAINT users_role_check`);
    await runner.query(`CREATE INDEX users_role_idx ON identity.users (role) WHERE role <> 'user'`);
    await this.indexNames(runner);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`DROP INDEX IF EXISTS identity.users_names_trgm_idx`);
    await runner.query(`DROP INDEX identity.users_role_idx`);
    await runner.query(`ALTER TABLE identity.users DROP CONSTRAINT users_role_fkey`);
    await runner.query(`
      ALTER TABLE identity.users
        ADD CONSTRAINT users_role_check CHECK (role IN ('user', 'moderator', 'admin'))`);
    await runner.query(`DROP TABLE identity.role_permissions, identity.roles`);
  }

  /**
   * Searching works without pg_trgm, but slower. The extension is trusted since PostgreSQL 13, so every role that may
   * create objects in the database can install it. It gets its own schema because it belongs to no context. If it is
   * not available, or not permitted, the index is skipped.
   */
  private async indexNames(runner: QueryRunner): Promise<void> {
    await runner.query(`
      DO $$
      DECLARE
        home text;
      BEGIN
        IF NOT EXISTS (SELECT FROM pg_available_extensions WHERE name = 'pg_trgm') THEN
          RETURN;
        END IF;
        IF NOT EXISTS (SELECT FROM pg_extension WHERE extname = 'pg_trgm') THEN
          CREATE SCHEMA IF NOT EXISTS extensions;
          CREATE EXTENSION pg_trgm WITH SCHEMA extensions;
        END IF;
        SELECT n.nspname INTO home
        FROM pg_extension e JOIN pg_namespace n ON n.oid = e.extnamespace WHERE e.extname = 'pg_trgm';
        EXECUTE format(
          'CREATE INDEX users_names_trgm_idx ON identity.users USING gin (username %1$I.gin_trgm_ops, name %1$I.gin_trgm_ops)',
          home);
      EXCEPTION WHEN insufficient_privilege OR undefined_file THEN
        RETURN;
      END
      $$`);
  }
}
