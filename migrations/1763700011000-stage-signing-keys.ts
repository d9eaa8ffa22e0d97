import type { MigrationInterface, QueryRunner } from 'typeorm';

/** The stages of a signing key: published, signing, still verifying. */
export class StageSigningKeys1763700011000 implements MigrationInterface {
  name = 'StageSigningKeys1763700011000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      ALTER TABLE identity.signing_keys
        ADD COLUMN state text NOT NULL DEFAULT 'signing'
          CONSTRAINT signing_keys_state_check CHECK (state IN ('next', 'signing', 'retiring')),
        ADD COLUMN state_since timestamptz NOT NULL DEFAULT now()`);
    await runner.query(`UPDATE identity.signing_keys SET state_since = created_at`);
    // Until now the newest key signed, if there were several.
    await runner.query(`
      UPDATE identity.signing_keys SET state = 'retiring', state_since = now()
      WHERE kid <> (SELECT kid FROM identity.signing_keys ORDER BY created_at DESC, kid LIMIT 1)`);
    await runner.query(
      `CREATE UNIQUE INDEX signing_keys_one_next_key ON identity.signing_keys (state) WHERE state = 'next'`,
    );
    await runner.query(
      `CREATE UNIQUE INDEX signing_keys_one_signing_key ON identity.signing_keys (state) WHERE state = 'signing'`,
    );
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`ALTER TABLE identity.signing_keys DROP COLUMN state, DROP COLUMN state_since`);
  }
}
