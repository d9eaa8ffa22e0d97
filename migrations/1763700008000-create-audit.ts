import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * The audit log: append-only entries, the chain that seals them, and their origins, which are deleted after a while. No
 * foreign key references the entries: its check would need the right to change them.
 */
export class CreateAudit1763700008000 implements MigrationInterface {
  name = 'CreateAudit1763700008000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`CREATE SCHEMA audit`);
    await runner.query(`
      CREATE TABLE audit.entries (
        id uuid NOT NULL CONSTRAINT entries_pkey PRIMARY KEY,
        at timestamptz NOT NULL DEFAULT clock_timestamp(),
        action text NOT NULL,
        actor_id uuid,
        subject_id uuid,
        correlation_id text,
        causation_id uuid,
        outcome text NOT NULL CONSTRAINT entries_outcome_check CHECK (outcome IN ('done', 'rejected', 'failed')),
        code text,
        details jsonb NOT NULL,
        event_ids uuid[] NOT NULL,
        origin_digest bytea
      )`);
    await runner.query(
      `CREATE INDEX entries_actor_idx ON audit.entries (actor_id, id) WHERE actor_id IS NOT NULL`,
    );
    await runner.query(
      `CREATE INDEX entries_subject_idx ON audit.entries (subject_id, id) WHERE subject_id IS NOT NULL`,
    );
    await runner.query(`CREATE INDEX entries_action_idx ON audit.entries (action, id)`);
    await runner.query(`
      CREATE TABLE audit.seals (
        position bigint NOT NULL CONSTRAINT seals_pkey PRIMARY KEY,
        entry_id uuid NOT NULL CONSTRAINT seals_entry_id_key UNIQUE,
        hash bytea NOT NULL,
        sealed_at timestamptz NOT NULL DEFAULT now()
      )`);
    await runner.query(`
      CREATE TABLE audit.unsealed (
        entry_id uuid NOT NULL CONSTRAINT unsealed_pkey PRIMARY KEY
      )`);
    await runner.query(`
      CREATE TABLE audit.origins (
        entry_id uuid NOT NULL CONSTRAINT origins_pkey PRIMARY KEY,
        at timestamptz NOT NULL DEFAULT clock_timestamp(),
        ip inet NOT NULL,
        user_agent_hash bytea NOT NULL,
        salt bytea NOT NULL
      )`);
    await runner.query(`CREATE INDEX origins_at_idx ON audit.origins (at)`);
    await this.queueWhatIsAdded(runner);
    await this.refuseChanges(runner);
  }

  /** A trigger, so that every entry reaches the sealer, however it was added. */
  private async queueWhatIsAdded(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE FUNCTION audit.queue_for_sealing() RETURNS trigger LANGUAGE plpgsql AS $$
      BEGIN
        INSERT INTO audit.unsealed (entry_id) SELECT id FROM added;
        RETURN NULL;
      END $$`);
    await runner.query(`
      CREATE TRIGGER entries_are_sealed AFTER INSERT ON audit.entries REFERENCING NEW TABLE AS added
      FOR EACH STATEMENT EXECUTE FUNCTION audit.queue_for_sealing()`);
  }

  /**
   * In two ways: rights are revoked from the role that owns the tables, which runs the apps unless operators created
   * another; a trigger stops superusers, who bypass rights.
   */
  private async refuseChanges(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE FUNCTION audit.refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
      BEGIN
        RAISE EXCEPTION 'audit.% is append-only', TG_TABLE_NAME USING ERRCODE = 'insufficient_privilege';
      END $$`);
    for (const table of ['entries', 'seals']) {
      await runner.query(`
        CREATE TRIGGER ${table}_are_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON audit.${table}
        FOR EACH STATEMENT EXECUTE FUNCTION audit.refuse_change()`);
      await runner.query(`ALTER TABLE audit.${table} ENABLE ALWAYS TRIGGER ${table}_are_append_only`);
      await runner.query(`REVOKE UPDATE, DELETE, TRUNCATE ON audit.${table} FROM PUBLIC, CURRENT_USER`);
    }
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`DROP SCHEMA audit CASCADE`);
  }
}
