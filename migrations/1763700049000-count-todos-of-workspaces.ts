import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * Counts the todos of each workspace, so that one more can be refused without counting them. A trigger does it, because
 * todos also go with their parents. Whoever changes the number holds the row until the transaction ends.
 */
export class CountTodosOfWorkspaces1763700049000 implements MigrationInterface {
  name = 'CountTodosOfWorkspaces1763700049000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE TABLE todos.workspace_totals (
        workspace_id uuid NOT NULL CONSTRAINT workspace_totals_pkey PRIMARY KEY,
        todos int NOT NULL
      ) WITH (fillfactor = 50)`);
    await runner.query(`
      CREATE FUNCTION todos.count_todos() RETURNS trigger LANGUAGE plpgsql AS $$
      BEGIN
        IF TG_OP = 'INSERT' THEN
          INSERT INTO todos.workspace_totals AS total (workspace_id, todos)
          SELECT workspace_id, count(*) FROM changed GROUP BY workspace_id ORDER BY workspace_id
          ON CONFLICT (workspace_id) DO UPDATE SET todos = total.todos + excluded.todos;
        ELSE
          UPDATE todos.workspace_totals total SET todos = total.todos - gone.todos
          FROM (SELECT workspace_id, count(*) AS todos FROM changed GROUP BY workspace_id) gone
          WHERE total.workspace_id = gone.workspace_id;
        END IF;
        RETURN NULL;
      END $$`);
    await runner.query(`
      CREATE TRIGGER todos_added AFTER INSERT ON todos.todos REFERENCING NEW TABLE AS changed
      FOR EACH STATEMENT EXECUTE FUNCTION todos.count_todos()`);
    await runner.query(`
      CREATE TRIGGER todos_removed AFTER DELETE ON todos.todos REFERENCING OLD TABLE AS changed
      FOR EACH STATEMENT EXECUTE FUNCTION todos.count_todos()`);
    // The triggers have locked the table: nobody writes a todo meanwhile.
    await runner.query(`
      INSERT INTO todos.workspace_totals (workspace_id, todos)
      SELECT workspace_id, count(*) FROM todos.todos GROUP BY workspace_id`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP TRIGGER todos_added ON todos.todos');
    await runner.query('DROP TRIGGER todos_removed ON todos.todos');
    await runner.query('DROP FUNCTION todos.count_todos()');
    await runner.query('DROP TABLE todos.workspace_totals');
  }
}
