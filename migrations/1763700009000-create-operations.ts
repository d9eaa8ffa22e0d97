import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Deleted accounts, and the long-running operations that export and erase personal data. */
export class CreateOperations1763700009000 implements MigrationInterface {
  name = 'CreateOperations1763700009000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      ALTER TABLE identity.users DROP CONSTRAINT users_status_check,
        ADD CONSTRAINT users_status_check CHECK (status IN ('pending', 'active', 'deleted')) NOT VALID`);
    await runner.query(`ALTER TABLE identity.users VALIDATE CONSTRAINT users_status_check`);
    // No foreign key to users: the receipt of an erasure outlives the account.
    await runner.query(`
      CREATE TABLE identity.operations (
        id uuid NOT NULL CONSTRAINT operations_pkey PRIMARY KEY,
        version int NOT NULL,
        kind text NOT NULL CONSTRAINT operations_kind_check CHECK (kind IN ('erasure', 'export')),
        user_id uuid NOT NULL,
        status text NOT NULL
          CONSTRAINT operations_status_check CHECK (status IN ('queued', 'running', 'succeeded', 'failed')),
        due_at timestamptz NOT NULL,
        finished_holders text[] NOT NULL,
        progress int NOT NULL CONSTRAINT operations_progress_check CHECK (progress BETWEEN 0 AND 100),
        receipt jsonb NOT NULL,
        requested_at timestamptz NOT NULL,
        finished_at timestamptz
      )`);
    await runner.query(
      `CREATE UNIQUE INDEX operations_open_key ON identity.operations (user_id, kind) WHERE status IN ('queued', 'running')`,
    );
    await runner.query(`CREATE INDEX operations_user_id_idx ON identity.operations (user_id)`);
    await runner.query(
      `CREATE INDEX operations_due_idx ON identity.operations (due_at) WHERE status = 'queued'`,
    );
    await runner.query(`
      CREATE TABLE identity.export_pages (
        operation_id uuid NOT NULL
          CONSTRAINT export_pages_operation_id_fkey REFERENCES identity.operations (id) ON DELETE CASCADE,
        holder text NOT NULL,
        section text NOT NULL,
        number int NOT NULL,
        rows text NOT NULL,
        CONSTRAINT export_pages_pkey PRIMARY KEY (operation_id, holder, section, number)
      )`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`DROP TABLE identity.export_pages, identity.operations`);
    await runner.query(`
      ALTER TABLE identity.users DROP CONSTRAINT users_status_check,
        ADD CONSTRAINT users_status_check CHECK (status IN ('pending', 'active')) NOT VALID`);
  }
}
