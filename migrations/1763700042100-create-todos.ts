import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Todos, what is said about them, focus sessions and day plans. Times have milliseconds, the precision of cursors. */
export class CreateTodos1763700042100 implements MigrationInterface {
  name = 'CreateTodos1763700042100';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`CREATE SCHEMA todos`);
    await runner.query(`
      CREATE TABLE todos.categories (
        id uuid NOT NULL CONSTRAINT categories_pkey PRIMARY KEY,
        version int NOT NULL,
        user_id uuid NOT NULL,
        name text NOT NULL,
        color text NOT NULL,
        description text,
        created_at timestamptz(3) NOT NULL,
        updated_at timestamptz(3) NOT NULL
      )`);
    await runner.query(`
      CREATE UNIQUE INDEX categories_name_key ON todos.categories (user_id, lower(name))`);
    await runner.query(`CREATE INDEX categories_user_idx ON todos.categories (user_id, id DESC)`);
    // The words that end with ids let one index find words within a workspace, or within the todos of a user.
    await runner.query(`
      CREATE TABLE todos.todos (
        id uuid NOT NULL CONSTRAINT todos_pkey PRIMARY KEY,
        version int NOT NULL,
        workspace_id uuid NOT NULL,
        author_id uuid,
        title text NOT NULL,
        description text,
        status text NOT NULL
          CONSTRAINT todos_status_check CHECK (status IN ('DRAFT', 'PENDING', 'COMPLETED', 'ARCHIVED')),
        priority smallint NOT NULL CONSTRAINT todos_priority_check CHECK (priority BETWEEN 0 AND 2),
        due_at timestamptz(3),
        parent_id uuid CONSTRAINT todos_parent_id_fkey REFERENCES todos.todos (id) ON DELETE CASCADE,
        category_id uuid CONSTRAINT todos_category_id_fkey REFERENCES todos.categories (id) ON DELETE SET NULL,
        assignee_id uuid,
        recurrence text,
        time_zone text,
        series_start timestamptz(3),
        next_id uuid,
        sort_order int NOT NULL,
        color text,
        difficulty smallint,
        completed_at timestamptz(3),
        completed_by uuid,
        created_at timestamptz(3) NOT NULL,
        updated_at timestamptz(3) NOT NULL,
        responsible_id uuid GENERATED ALWAYS AS (coalesce(assignee_id, author_id)) STORED,
        search tsvector NOT NULL GENERATED ALWAYS AS (
          to_tsvector('simple', title) || to_tsvector('simple', coalesce(description, '')) ||
          array_to_tsvector(ARRAY['w' || workspace_id::text, 'r' || coalesce(coalesce(assignee_id, author_id)::text, '')])) STORED,
        due_soon_for timestamptz(3),
        overdue_for timestamptz(3),
        CONSTRAINT todos_recurrence_check CHECK (
          recurrence IS NULL OR (due_at IS NOT NULL AND parent_id IS NULL AND time_zone IS NOT NULL))
      ) WITH (fillfactor = 90)`);
    for (const [name, scope] of [
      ['workspace', 'workspace_id'],
      ['responsible', 'responsible_id'],
    ]) {
      await runner.query(`CREATE INDEX todos_${name}_idx ON todos.todos (${scope}, id DESC)`);
      await runner.query(`CREATE INDEX todos_${name}_status_idx ON todos.todos (${scope}, status, id DESC)`);
      await runner.query(
        `CREATE INDEX todos_${name}_priority_idx ON todos.todos (${scope}, priority DESC, id DESC)`,
      );
      await runner.query(
        `CREATE INDEX todos_${name}_due_idx ON todos.todos (${scope}, coalesce(due_at, 'infinity'::timestamptz), id)`,
      );
    }
    await runner.query(`
      CREATE INDEX todos_assignee_idx ON todos.todos (assignee_id, id DESC) WHERE assignee_id IS NOT NULL`);
    await runner.query(
      `CREATE INDEX todos_author_idx ON todos.todos (author_id, id) WHERE author_id IS NOT NULL`,
    );
    await runner.query(`
      CREATE INDEX todos_completed_by_idx ON todos.todos (completed_by, id) WHERE completed_by IS NOT NULL`);
    await runner.query(`
      CREATE INDEX todos_parent_idx ON todos.todos (parent_id, id DESC) WHERE parent_id IS NOT NULL`);
    await runner.query(`
      CREATE INDEX todos_category_idx ON todos.todos (category_id, id DESC) WHERE category_id IS NOT NULL`);
    await runner.query(`CREATE INDEX todos_search_idx ON todos.todos USING gin (search)`);
    // What the schedules look for: each index holds only what is left to do.
    await runner.query(`
      CREATE INDEX todos_due_soon_idx ON todos.todos (due_at)
      WHERE status = 'PENDING' AND due_at IS NOT NULL AND due_soon_for IS DISTINCT FROM due_at`);
    await runner.query(`
      CREATE INDEX todos_overdue_idx ON todos.todos (due_at)
      WHERE status = 'PENDING' AND due_at IS NOT NULL AND overdue_for IS DISTINCT FROM due_at`);
    await runner.query(`
      CREATE INDEX todos_completed_idx ON todos.todos (completed_at) WHERE status = 'COMPLETED'`);
    await runner.query(`
      CREATE TABLE todos.todo_tags (
        todo_id uuid NOT NULL CONSTRAINT todo_tags_todo_id_fkey REFERENCES todos.todos (id) ON DELETE CASCADE,
        tag_id uuid NOT NULL,
        workspace_id uuid NOT NULL,
        name text NOT NULL,
        CONSTRAINT todo_tags_pkey PRIMARY KEY (todo_id, tag_id)
      )`);
    await runner.query(`CREATE INDEX todo_tags_tag_idx ON todos.todo_tags (tag_id, todo_id DESC)`);
    await runner.query(
      `CREATE INDEX todo_tags_name_idx ON todos.todo_tags (workspace_id, name, todo_id DESC)`,
    );
    await runner.query(`
      CREATE TABLE todos.comments (
        id uuid NOT NULL CONSTRAINT comments_pkey PRIMARY KEY,
        version int NOT NULL,
        todo_id uuid NOT NULL CONSTRAINT comments_todo_id_fkey REFERENCES todos.todos (id) ON DELETE CASCADE,
        workspace_id uuid NOT NULL,
        author_id uuid,
        content text NOT NULL,
        mentioned_ids uuid[] NOT NULL,
        created_at timestamptz(3) NOT NULL,
        updated_at timestamptz(3) NOT NULL
      )`);
    await runner.query(`CREATE INDEX comments_todo_idx ON todos.comments (todo_id, id DESC)`);
    await runner.query(
      `CREATE INDEX comments_author_idx ON todos.comments (author_id, id) WHERE author_id IS NOT NULL`,
    );
    await runner.query(`CREATE INDEX comments_mentioned_idx ON todos.comments USING gin (mentioned_ids)`);
    await runner.query(`
      CREATE TABLE todos.focus_sessions (
        id uuid NOT NULL CONSTRAINT focus_sessions_pkey PRIMARY KEY,
        version int NOT NULL,
        user_id uuid NOT NULL,
        todo_id uuid NOT NULL CONSTRAINT focus_sessions_todo_id_fkey REFERENCES todos.todos (id) ON DELETE CASCADE,
        workspace_id uuid NOT NULL,
        started_at timestamptz(3) NOT NULL,
        stopped_at timestamptz(3)
      )`);
    await runner.query(`
      CREATE UNIQUE INDEX focus_sessions_active_key ON todos.focus_sessions (user_id) WHERE stopped_at IS NULL`);
    await runner.query(`CREATE INDEX focus_sessions_user_idx ON todos.focus_sessions (user_id, id)`);
    await runner.query(`CREATE INDEX focus_sessions_todo_idx ON todos.focus_sessions (todo_id)`);
    await runner.query(`
      CREATE TABLE todos.day_plans (
        id uuid NOT NULL CONSTRAINT day_plans_pkey PRIMARY KEY,
        version int NOT NULL,
        user_id uuid NOT NULL,
        date date NOT NULL,
        tasks jsonb NOT NULL,
        CONSTRAINT day_plans_day_key UNIQUE (user_id, date)
      )`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`DROP SCHEMA todos CASCADE`);
  }
}
