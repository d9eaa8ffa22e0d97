import { Injectable } from '@nestjs/common';
import { Sql } from '@rookery/persistence';

/** What somebody is told about a due date. */
export type NoticeKind = 'due-soon' | 'overdue';

/** A todo of whose due date its user is to be told. */
export interface DueTodo {
  id: string;
  workspaceId: string;
  userId: string;
  dueDate: Date;
}

const DUE: Record<NoticeKind, { told: string; when: string }> = {
  'due-soon': { told: 'due_soon_for', when: `due_at > $1 AND due_at <= $1 + interval '24 hours'` },
  overdue: { told: 'overdue_for', when: 'due_at <= $1' },
};

/**
 * Who was told of which due date. The row (todo, kind, due date) commits with the events that tell it, so nobody is told
 * twice, whatever is restarted. The todo itself also says for which date it was done, which keeps what is left to do in
 * a small index.
 */
@Injectable()
export class Notices {
  constructor(private readonly sql: Sql) {}

  /**
   * Takes todos whose users are to be told, and records that they are. What others are working on is left for later.
   * Those that are due first come first, of one moment those of one user together: so few users get two mails.
   * Whose due date passed more than a week ago is too old to be told: after an outage nobody gets mails about it.
   *
   * @param limit maximum number of todos
   * @returns those to be told, by user; and how many were looked at: `limit` if there may be more
   */
  async take(kind: NoticeKind, now: Date, limit: number): Promise<{ todos: DueTodo[]; taken: number }> {
    const { told, when } = DUE[kind];
    const rows = await this.sql.rows<DueTodo & { isNew: boolean }>(
      `WITH due AS (
         SELECT id FROM todos.todos
         WHERE status = 'PENDING' AND due_at IS NOT NULL AND ${told} IS DISTINCT FROM due_at AND ${when}
         ORDER BY due_at, responsible_id LIMIT $2 FOR NO KEY UPDATE SKIP LOCKED),
       marked AS (
         UPDATE todos.todos todo SET ${told} = due_at FROM due WHERE todo.id = due.id
         RETURNING todo.id, todo.workspace_id, todo.responsible_id, todo.due_at),
       noted AS (
         INSERT INTO todos.notices (todo_id, kind, due_at)
         SELECT id, $3, due_at FROM marked WHERE responsible_id IS NOT NULL AND due_at > $1 - interval '7 days'
         ON CONFLICT DO NOTHING RETURNING todo_id)
       SELECT marked.id, workspace_id AS "workspaceId", responsible_id AS "userId", due_at AS "dueDate",
              noted.todo_id IS NOT NULL AS "isNew"
       FROM marked LEFT JOIN noted ON noted.todo_id = marked.id ORDER BY responsible_id, due_at, marked.id`,
      [now, limit, kind],
    );
    return { todos: rows.filter(({ isNew }) => isNew), taken: rows.length };
  }

  /**
   * Todos of whose due dates a user was told with some others, in one run, and that are still to be done. A run is the
   * transaction that wrote its notices.
   *
   * @param todoIds those others, which are left out
   * @param workspaceIds only todos in these
   * @param at when the user was told; nothing that was told then is due more than a day later
   * @param limit maximum number of todos; those first that are due first
   */
  async toldWith(
    todoIds: readonly string[],
    kind: NoticeKind,
    userId: string,
    { workspaceIds, at, limit }: { workspaceIds: readonly string[]; at: string; limit: number },
  ): Promise<Pick<DueTodo, 'id' | 'workspaceId'>[]> {
    return this.sql.rows(
      `WITH run AS (
         SELECT xmin AS run_id, due_at FROM todos.notices WHERE todo_id = ANY ($1::uuid[]) AND kind = $2)
       SELECT todo.id, todo.workspace_id AS "workspaceId" FROM todos.todos todo
       WHERE todo.responsible_id = $3 AND todo.workspace_id = ANY ($4::uuid[]) AND todo.status = 'PENDING'
         AND coalesce(todo.due_at, 'infinity'::timestamptz) >= (SELECT min(due_at) FROM run)
         AND coalesce(todo.due_at, 'infinity'::timestamptz) <= $5::timestamptz + interval '1 day'
         AND todo.id <> ALL ($1::uuid[])
         AND (SELECT xmin FROM todos.notices WHERE todo_id = todo.id AND kind = $2 AND due_at = todo.due_at)
           IN (SELECT run_id FROM run)
       ORDER BY coalesce(todo.due_at, 'infinity'::timestamptz), todo.id LIMIT $6`,
      [todoIds, kind, userId, workspaceIds, at, limit],
    );
  }
}
