import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Links accounts to identities at OpenID Connect providers. */
export class LinkExternalIdentities1763700012000 implements MigrationInterface {
  name = 'LinkExternalIdentities1763700012000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE TABLE identity.external_identities (
        issuer text NOT NULL,
        subject text NOT NULL,
        user_id uuid NOT NULL CONSTRAINT external_identities_user_id_fkey
          REFERENCES identity.users (id) ON DELETE CASCADE,
        linked_at timestamptz NOT NULL DEFAULT now(),
        CONSTRAINT external_identities_pkey PRIMARY KEY (issuer, subject)
      )`);
    await runner.query(
      `CREATE INDEX external_identities_user_id_idx ON identity.external_identities (user_id)`,
    );
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`DROP TABLE identity.external_identities`);
  }
}
