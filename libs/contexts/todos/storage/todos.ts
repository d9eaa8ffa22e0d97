import { Injectable } from '@nestjs/common';
import { NotFound, Rejection } from '@rookery/domain';
import { Repository, type StoredAs } from '@rookery/persistence';
import { EntitySchema } from 'typeorm';
import { ParentUnsuitable, TooManySubTodos, TooManyTodos } from '../model/rejections';
import { PRIORITIES, type Priority, Todo, type TodoState } from '../model/todo';

export const MAX_SUB_TODOS = 100;

/** Tags are not part of the aggregate: `storage/todo-tags.ts` writes them. Neither are the notices about its due date. */
/** Maximum number of todos of a workspace, of any status. */
export const MAX_TODOS = 100_000;

export const todoSchema = new EntitySchema<TodoState>({
  name: 'Todo',
  schema: 'todos',
  tableName: 'todos',
  columns: {
    id: { type: 'uuid', primary: true },
    version: { type: 'int' },
    workspaceId: { type: 'uuid', name: 'workspace_id' },
    authorId: { type: 'uuid', name: 'author_id', nullable: true },
    title: { type: 'text' },
    description: { type: 'text', nullable: true },
    status: { type: 'text' },
    priority: {
      type: 'smallint',
      transformer: {
        to: (priority: Priority) => PRIORITIES.indexOf(priority),
        from: (stored: number) => PRIORITIES[stored],
      },
    },
    dueDate: { type: 'timestamptz', precision: 3, name: 'due_at', nullable: true },
    parentId: { type: 'uuid', name: 'parent_id', nullable: true },
    categoryId: { type: 'uuid', name: 'category_id', nullable: true },
    assigneeId: { type: 'uuid', name: 'assignee_id', nullable: true },
    recurrence: { type: 'text', nullable: true },
    timeZone: { type: 'text', name: 'time_zone', nullable: true },
    seriesStart: { type: 'timestamptz', precision: 3, name: 'series_start', nullable: true },
    nextId: { type: 'uuid', name: 'next_id', nullable: true },
    sortOrder: { type: 'int', name: 'sort_order' },
    color: { type: 'text', nullable: true },
    difficulty: { type: 'smallint', nullable: true },
    completedAt: { type: 'timestamptz', precision: 3, name: 'completed_at', nullable: true },
    completedBy: { type: 'uuid', name: 'completed_by', nullable: true },
    createdAt: { type: 'timestamptz', precision: 3, name: 'created_at' },
    updatedAt: { type: 'timestamptz', precision: 3, name: 'updated_at' },
  },
});

/** The todos of all workspaces. */
@Injectable()
export class Todos extends Repository<TodoState, Todo> {
  protected readonly storedAs: StoredAs<TodoState, Todo> = {
    schema: todoSchema,
    restore: (state) => new Todo(state),
  };

  /** @throws Rejection `resource.not-found` */
  async workspaceOf(id: string): Promise<string> {
    const row = await this.sql.row<{ workspaceId: string }>(
      'SELECT workspace_id AS "workspaceId" FROM todos.todos WHERE id = $1',
      [id],
    );
    if (!row) throw new Rejection(NotFound);
    return row.workspaceId;
  }

  /**
   * Prevents the deletion of a todo until the current transaction ends.
   *
   * @throws Rejection `resource.not-found`
   */
  async keep(id: string): Promise<void> {
    if (!(await this.sql.row('SELECT 1 FROM todos.todos WHERE id = $1 FOR KEY SHARE', [id])))
      throw new Rejection(NotFound);
  }

  /**
   * Locks a todo that is to become a parent, and the child if it exists already, so that neither gets a parent or a child
   * meanwhile.
   *
   * @param childId null for a new todo
   * @throws Rejection `todos.parent-unsuitable`, `todos.too-many-sub-todos`
   */
  async lockParent(parentId: string, workspaceId: string, childId: string | null): Promise<void> {
    // Always in the same order, to prevent deadlocks.
    const locked = await this.sql.rows<{ id: string; parentId: string | null; workspaceId: string }>(
      `SELECT id, parent_id AS "parentId", workspace_id AS "workspaceId" FROM todos.todos
       WHERE id = ANY ($1::uuid[]) ORDER BY id FOR NO KEY UPDATE`,
      [childId === null ? [parentId] : [parentId, childId]],
    );
    const parent = locked.find(({ id }) => id === parentId);
    if (parentId === childId || parent?.workspaceId !== workspaceId || parent.parentId !== null)
      throw new Rejection(ParentUnsuitable);
    const row = await this.sql.row<{ children: number; grandchildren: number }>(
      `SELECT (SELECT count(*)::int FROM todos.todos WHERE parent_id = $1) AS children,
              (SELECT count(*)::int FROM todos.todos WHERE parent_id = $2) AS grandchildren`,
      [parentId, childId],
    );
    if (row!.grandchildren > 0) throw new Rejection(ParentUnsuitable);
    if (row!.children >= MAX_SUB_TODOS) throw new Rejection(TooManySubTodos);
  }

  /** @returns the number of sub-todos of todos, by id; todos without sub-todos are left out */
  async countChildren(ids: readonly string[]): Promise<Map<string, number>> {
    if (ids.length === 0) return new Map();
    const rows = await this.sql.rows<{ id: string; count: number }>(
      `SELECT parent_id AS id, count(*)::int AS count FROM todos.todos WHERE parent_id = ANY ($1::uuid[])
       GROUP BY parent_id`,
      [ids],
    );
    return new Map(rows.map(({ id, count }) => [id, count]));
  }

  /**
   * Call this after new todos are stored: from that moment nobody else can add one until the transaction ends.
   *
   * @throws Rejection `todos.too-many`
   */
  async assertRoom(workspaceId: string): Promise<void> {
    if ((await this.countOf(workspaceId)) > MAX_TODOS) throw new Rejection(TooManyTodos);
  }

  /** @returns the number of todos of a workspace */
  async countOf(workspaceId: string): Promise<number> {
    const row = await this.sql.row<{ todos: number }>(
      'SELECT todos FROM todos.workspace_totals WHERE workspace_id = $1',
      [workspaceId],
    );
    return row?.todos ?? 0;
  }

  /** The same, but prevents that others add or delete todos until the transaction ends. Lock todos before this. */
  async lockCount(workspaceId: string): Promise<number> {
    const row = await this.sql.row<{ todos: number }>(
      `INSERT INTO todos.workspace_totals AS total (workspace_id, todos) VALUES ($1, 0)
       ON CONFLICT (workspace_id) DO UPDATE SET todos = total.todos RETURNING todos`,
      [workspaceId],
    );
    return row!.todos;
  }

  /** Deletes a todo, which the caller has locked, after its sub-todos. */
  async delete(todo: Todo): Promise<void> {
    const children = await this.sql.rows<{ id: string }>(
      'SELECT id FROM todos.todos WHERE parent_id = $1 ORDER BY id FOR NO KEY UPDATE',
      [todo.id],
    );
    const family = [...(await Promise.all(children.map(({ id }) => this.get(id)))), todo];
    for (const each of family) each.delete();
    await Promise.all(family.map((each) => this.remove(each)));
  }

  /** Deletes the todo count of a deleted workspace whose todos are deleted. */
  async forgetCount(workspaceId: string): Promise<void> {
    await this.sql.execute('DELETE FROM todos.workspace_totals WHERE workspace_id = $1', [workspaceId]);
  }

  /**
   * Deletes todos of a deleted workspace, without events. Their comments and sub-todos are deleted first, because a
   * statement that cascades to all of them could take too long.
   *
   * @param limits maximum number of todos and of comments in a statement
   * @returns whether nothing is left
   */
  async clear(workspaceId: string, limits: { todos: number; comments: number }): Promise<boolean> {
    const rows = await this.sql.rows<{ id: string }>(
      'SELECT id FROM todos.todos WHERE workspace_id = $1 ORDER BY id LIMIT $2',
      [workspaceId, limits.todos],
    );
    const ids = rows.map(({ id }) => id);
    const comments = await this.sql.execute(
      `DELETE FROM todos.comments WHERE id IN (
         SELECT comment.id FROM todos.comments comment
         WHERE comment.todo_id IN (SELECT unnest($1::uuid[]) UNION ALL SELECT id FROM todos.todos WHERE parent_id = ANY ($1::uuid[]))
         LIMIT $2)`,
      [ids, limits.comments],
    );
    if (comments === limits.comments) return false;
    const children = await this.sql.execute(
      `DELETE FROM todos.todos WHERE id IN (SELECT id FROM todos.todos WHERE parent_id = ANY ($1::uuid[]) LIMIT $2)`,
      [ids, limits.todos],
    );
    if (children === limits.todos) return false;
    await this.sql.execute('DELETE FROM todos.todos WHERE id = ANY ($1::uuid[])', [ids]);
    return ids.length < limits.todos;
  }

  /** @returns ids of the todos of a workspace that are assigned to a user, at most `limit` */
  async assignedTo(userId: string, workspaceId: string, limit: number): Promise<string[]> {
    const rows = await this.sql.rows<{ id: string }>(
      'SELECT id FROM todos.todos WHERE assignee_id = $1 AND workspace_id = $2 ORDER BY id LIMIT $3',
      [userId, workspaceId, limit],
    );
    return rows.map(({ id }) => id);
  }

  /** @returns todos that were completed before a moment, locked, at most `limit`; skips locked rows */
  async lockCompletedBefore(moment: Date, limit: number): Promise<Todo[]> {
    const rows = await this.sql.rows<{ id: string }>(
      `SELECT id FROM todos.todos WHERE status = 'COMPLETED' AND completed_at < $1
       ORDER BY completed_at LIMIT $2 FOR NO KEY UPDATE SKIP LOCKED`,
      [moment, limit],
    );
    return Promise.all(rows.map(({ id }) => this.get(id)));
  }
}
