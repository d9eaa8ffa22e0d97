import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Exports and erasures are a context of their own. */
export class MoveOperations1763700026000 implements MigrationInterface {
  name = 'MoveOperations1763700026000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`CREATE SCHEMA operations`);
    await runner.query(`ALTER TABLE identity.operations SET SCHEMA operations`);
    await runner.query(`ALTER TABLE identity.export_pages SET SCHEMA operations`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`ALTER TABLE operations.export_pages SET SCHEMA identity`);
    await runner.query(`ALTER TABLE operations.operations SET SCHEMA identity`);
    await runner.query(`DROP SCHEMA operations`);
  }
}
