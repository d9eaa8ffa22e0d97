import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Counts a session's authentications: a token is fresh only for the one it was issued with. */
export class NumberProofs1763700020000 implements MigrationInterface {
  name = 'NumberProofs1763700020000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`ALTER TABLE identity.sessions ADD COLUMN proof_version int NOT NULL DEFAULT 0`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`ALTER TABLE identity.sessions DROP COLUMN proof_version`);
  }
}
