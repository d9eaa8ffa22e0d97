import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Which todo was made of which row of a file: imported again, the row changes that one. */
export class ImportTodos1763700045000 implements MigrationInterface {
  name = 'ImportTodos1763700045000';

  async up(runner: QueryRunner): Promise<void> {
    // A hash: what other programs call a todo may be long, and name people.
    await runner.query(`
      CREATE TABLE todos.import_keys (
        workspace_id uuid NOT NULL,
        key bytea NOT NULL,
        todo_id uuid NOT NULL CONSTRAINT import_keys_todo_id_fkey REFERENCES todos.todos (id) ON DELETE CASCADE,
        CONSTRAINT import_keys_pkey PRIMARY KEY (workspace_id, key)
      )`);
    await runner.query(`CREATE INDEX import_keys_todo_idx ON todos.import_keys (todo_id)`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`DROP TABLE todos.import_keys`);
  }
}
