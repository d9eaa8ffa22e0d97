import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * Lets the todos of a tag be read in each order of lists, also those of one user: what they are sorted by is beside the
 * tag. Triggers keep it, whoever writes todos, and the workspace, which says who sees them.
 */
export class SortTodosOfTags1763700050000 implements MigrationInterface {
  name = 'SortTodosOfTags1763700050000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      ALTER TABLE todos.todo_tags
        ADD COLUMN responsible_id uuid,
        ADD COLUMN priority smallint,
        ADD COLUMN due timestamptz(3)`);
    await runner.query(`
      CREATE FUNCTION todos.place_tag() RETURNS trigger LANGUAGE plpgsql AS $$
      BEGIN
        SELECT workspace_id, responsible_id, priority, coalesce(due_at, 'infinity')
        INTO NEW.workspace_id, NEW.responsible_id, NEW.priority, NEW.due
        FROM todos.todos WHERE id = NEW.todo_id;
        RETURN NEW;
      END $$`);
    await runner.query(`
      CREATE FUNCTION todos.move_tags() RETURNS trigger LANGUAGE plpgsql AS $$
      BEGIN
        UPDATE todos.todo_tags
        SET responsible_id = NEW.responsible_id, priority = NEW.priority, due = coalesce(NEW.due_at, 'infinity')
        WHERE todo_id = NEW.id;
        RETURN NULL;
      END $$`);
    await runner.query(`
      CREATE TRIGGER todo_tags_placed BEFORE INSERT ON todos.todo_tags
      FOR EACH ROW EXECUTE FUNCTION todos.place_tag()`);
    await runner.query(`
      CREATE TRIGGER todo_tags_moved AFTER UPDATE ON todos.todos FOR EACH ROW
      WHEN ((OLD.responsible_id, OLD.priority, OLD.due_at) IS DISTINCT FROM (NEW.responsible_id, NEW.priority, NEW.due_at))
      EXECUTE FUNCTION todos.move_tags()`);
    await runner.query(`
      UPDATE todos.todo_tags tag
      SET responsible_id = todo.responsible_id, priority = todo.priority, due = coalesce(todo.due_at, 'infinity')
      FROM todos.todos todo WHERE todo.id = tag.todo_id`);
    // Those of a tag are in one workspace; of a user, tags of several workspaces may have one name.
    for (const [name, of] of [
      ['tag', 'tag_id'],
      ['responsible', 'responsible_id, name'],
    ]) {
      if (name !== 'tag')
        await runner.query(`CREATE INDEX todo_tags_${name}_idx ON todos.todo_tags (${of}, todo_id DESC)`);
      await runner.query(
        `CREATE INDEX todo_tags_${name}_priority_idx ON todos.todo_tags (${of}, priority DESC, todo_id DESC)`,
      );
      await runner.query(`CREATE INDEX todo_tags_${name}_due_idx ON todos.todo_tags (${of}, due, todo_id)`);
    }
    await runner.query(`
      CREATE STATISTICS todos.todo_tags_scopes (dependencies)
      ON tag_id, workspace_id, name, responsible_id FROM todos.todo_tags`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP TRIGGER todo_tags_moved ON todos.todos');
    await runner.query('DROP TRIGGER todo_tags_placed ON todos.todo_tags');
    await runner.query('DROP FUNCTION todos.move_tags()');
    await runner.query('DROP FUNCTION todos.place_tag()');
    await runner.query('DROP STATISTICS todos.todo_tags_scopes');
    await runner.query(`
      ALTER TABLE todos.todo_tags DROP COLUMN responsible_id, DROP COLUMN priority, DROP COLUMN due`);
  }
}
