import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Changes of e-mail addresses: requested, verified, and for three days open to be undone from the old address. */
export class ChangeEmails1763700030200 implements MigrationInterface {
  name = 'ChangeEmails1763700030200';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE TABLE identity.email_changes (
        id uuid NOT NULL CONSTRAINT email_changes_pkey PRIMARY KEY,
        user_id uuid NOT NULL CONSTRAINT email_changes_user_id_fkey
          REFERENCES identity.users (id) ON DELETE CASCADE,
        old_email text NOT NULL,
        new_email text NOT NULL,
        undo_hash bytea NOT NULL CONSTRAINT email_changes_undo_hash_key UNIQUE,
        requested_at timestamptz NOT NULL,
        verified_at timestamptz,
        canceled_at timestamptz,
        voided_at timestamptz,
        expires_at timestamptz NOT NULL
      )`);
    await runner.query(`CREATE INDEX email_changes_user_id_idx ON identity.email_changes (user_id, id)`);
    await runner.query(`CREATE INDEX email_changes_expires_at_idx ON identity.email_changes (expires_at)`);
    // Addresses that their accounts may still take back.
    await runner.query(`
      CREATE INDEX email_changes_held_idx ON identity.email_changes (old_email)
      WHERE verified_at IS NOT NULL AND voided_at IS NULL`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`DROP TABLE identity.email_changes`);
  }
}
