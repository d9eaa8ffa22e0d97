import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Addresses that get no mail, as HMACs. */
export class CreateMail1763700038100 implements MigrationInterface {
  name = 'CreateMail1763700038100';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`CREATE SCHEMA mail`);
    await runner.query(`
      CREATE TABLE mail.suppressions (
        id uuid NOT NULL CONSTRAINT suppressions_pkey PRIMARY KEY,
        address bytea NOT NULL CONSTRAINT suppressions_address_key UNIQUE,
        shown text NOT NULL,
        reason text NOT NULL,
        provider text NOT NULL,
        detail text NOT NULL,
        created_at timestamptz(3) NOT NULL
      )`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`DROP SCHEMA mail CASCADE`);
  }
}
