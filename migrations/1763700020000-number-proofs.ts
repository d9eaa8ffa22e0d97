import type { MigrationInterface, QueryRunner } from 'typeorm';

/** How often a session was proved: a token counts for the proof it was issued with, and for no other. */
export class NumberProofs1763700020000 implements MigrationInterface {
  name = 'NumberProofs1763700020000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`ALTER TABLE identity.sessions ADD COLUMN proof_version int NOT NULL DEFAULT 0`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`ALTER TABLE identity.sessions DROP COLUMN proof_version`);
  }
}
