import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Who was told of which due date, who gets a report when, and files on todos. */
export class RemindOfTodos1763700042200 implements MigrationInterface {
  name = 'RemindOfTodos1763700042200';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE TABLE todos.notices (
        todo_id uuid NOT NULL CONSTRAINT notices_todo_id_fkey REFERENCES todos.todos (id) ON DELETE CASCADE,
        kind text NOT NULL CONSTRAINT notices_kind_check CHECK (kind IN ('due-soon', 'overdue')),
        due_at timestamptz(3) NOT NULL,
        CONSTRAINT notices_pkey PRIMARY KEY (todo_id, kind, due_at)
      )`);
    await runner.query(`
      CREATE TABLE todos.report_recipients (
        user_id uuid NOT NULL CONSTRAINT report_recipients_pkey PRIMARY KEY,
        time_zone text NOT NULL,
        next_at timestamptz(3) NOT NULL
      )`);
    await runner.query(`CREATE INDEX report_recipients_next_idx ON todos.report_recipients (next_at)`);
    await runner.query(`
      CREATE TABLE todos.weekly_reports (
        user_id uuid NOT NULL,
        week date NOT NULL,
        CONSTRAINT weekly_reports_pkey PRIMARY KEY (user_id, week)
      )`);
    // A file outlives its todo until the storage is told that nothing uses it.
    await runner.query(`
      CREATE TABLE todos.attachments (
        id uuid NOT NULL CONSTRAINT attachments_pkey PRIMARY KEY,
        version int NOT NULL,
        todo_id uuid CONSTRAINT attachments_todo_id_fkey REFERENCES todos.todos (id) ON DELETE SET NULL,
        workspace_id uuid NOT NULL,
        author_id uuid,
        media_key text NOT NULL,
        file_name text NOT NULL,
        created_at timestamptz(3) NOT NULL
      )`);
    await runner.query(`CREATE INDEX attachments_todo_idx ON todos.attachments (todo_id, id DESC)`);
    await runner.query(`
      CREATE INDEX attachments_author_idx ON todos.attachments (author_id, id) WHERE author_id IS NOT NULL`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(
      `DROP TABLE todos.attachments, todos.weekly_reports, todos.report_recipients, todos.notices`,
    );
  }
}
