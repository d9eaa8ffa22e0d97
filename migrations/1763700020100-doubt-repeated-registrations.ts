import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Distinguishes the registrations of one address: which one a mail confirms, and whether there was another. */
export class DoubtRepeatedRegistrations1763700020100 implements MigrationInterface {
  name = 'DoubtRepeatedRegistrations1763700020100';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      ALTER TABLE identity.users
        ADD COLUMN verification_id uuid,
        ADD COLUMN contested boolean NOT NULL DEFAULT false`);
    await runner.query(`
      ALTER TABLE identity.decoys
        ADD COLUMN name text NOT NULL DEFAULT '',
        ADD COLUMN password_hash text NOT NULL DEFAULT ''`);
    await runner.query(`
      CREATE TABLE identity.admitted_mails (
        id text NOT NULL CONSTRAINT admitted_mails_pkey PRIMARY KEY,
        admitted_at timestamptz NOT NULL DEFAULT now()
      )`);
    await runner.query(
      `CREATE INDEX admitted_mails_admitted_at_idx ON identity.admitted_mails (admitted_at)`,
    );
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`DROP TABLE identity.admitted_mails`);
    await runner.query(`ALTER TABLE identity.decoys DROP COLUMN name, DROP COLUMN password_hash`);
    await runner.query(`ALTER TABLE identity.users DROP COLUMN verification_id, DROP COLUMN contested`);
  }
}
