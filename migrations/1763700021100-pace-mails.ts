import type { MigrationInterface, QueryRunner } from 'typeorm';

/** When mails that strangers can request were sent to an address. */
export class PaceMails1763700021100 implements MigrationInterface {
  name = 'PaceMails1763700021100';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE TABLE identity.mail_quotas (
        address bytea NOT NULL,
        kind text NOT NULL,
        sent_at timestamptz[] NOT NULL,
        last_sent_at timestamptz NOT NULL,
        CONSTRAINT mail_quotas_pkey PRIMARY KEY (address, kind)
      )`);
    await runner.query(`CREATE INDEX mail_quotas_last_sent_at_idx ON identity.mail_quotas (last_sent_at)`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`DROP TABLE identity.mail_quotas`);
  }
}
