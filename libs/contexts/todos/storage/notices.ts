import { Injectable } from '@nestjs/common';
import { Sql } from '@rookery/persistence';

/** Kind of notice about a due date. */
export type NoticeKind = 'due-soon' | 'overdue';

/** A todo with a due date that its user must be notified of. */
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
 * Records which due dates users were notified of. The row (todo, kind, due date) commits with the events, so nobody is
 * notified twice, whatever is restarted. The todo itself also stores the handled date, which keeps the remaining work in a
 * small index.
 */
@Injectable()
export class Notices {
  constructor(private readonly sql: Sql) {}

  /**
   * Takes todos whose users must be notified, and records the notices. Skips locked rows. The earliest due dates come
   * first. Todos with the same due date are grouped by user, so that few users get two mails. A due date that passed more
   * than a week ago gets no notice, so that nobody gets mails about it after an outage.
   *
   * @param limit maximum number of todos
   * @returns the todos to notify of, sorted by user; and how many were taken: `limit` if there can be more
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
   * Finds the other pending todos that a user was notified of in the same run. A run is the transaction that wrote the
   * notices.
   *
   * @param todoIds known todos of the run, which are left out
   * @param workspaceIds only todos of these workspaces
   * @param at when the user was notified; todos of that run are due at most a day later
   * @param limit maximum number of todos; the earliest due dates come first
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
