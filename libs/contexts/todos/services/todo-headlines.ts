import { Injectable } from '@nestjs/common';
import { Sql } from '@rookery/persistence';
import { Memberships } from '../../workspaces/contract';
import { type TodoHeadline, TodoHeadlines } from '../contract';

/** Titles of todos, for users who are in their workspaces. */
@Injectable()
export class StoredTodoHeadlines extends TodoHeadlines {
  constructor(
    private readonly memberships: Memberships,
    private readonly sql: Sql,
  ) {
    super();
  }

  override async visibleTo(userId: string, todoIds: readonly string[]): Promise<Map<string, TodoHeadline>> {
    const rows = await this.sql.rows<TodoHeadline & Record<string, unknown>>(
      `SELECT id, workspace_id AS "workspaceId", title, due_at AS "dueDate" FROM todos.todos
       WHERE id = ANY ($1::uuid[]) AND workspace_id = ANY ($2::uuid[])`,
      [todoIds, await this.workspacesOf(userId)],
    );
    return new Map(rows.map((row) => [row.id, row]));
  }

  override async viewersOf(todoId: string, userIds: readonly string[]): Promise<Set<string>> {
    const todo = await this.sql.row<{ workspaceId: string }>(
      'SELECT workspace_id AS "workspaceId" FROM todos.todos WHERE id = $1',
      [todoId],
    );
    if (!todo) return new Set();
    const members = new Set((await this.memberships.membersOf(todo.workspaceId)).map(({ userId }) => userId));
    return new Set(userIds.filter((id) => members.has(id)));
  }

  override async hasReport(userId: string, at: Date): Promise<boolean> {
    const row = await this.sql.row<{ any: boolean }>(
      `SELECT EXISTS (
         SELECT FROM todos.todos WHERE responsible_id = $1 AND workspace_id = ANY ($2::uuid[])
           AND (status = 'PENDING'
             OR (completed_by = $1 AND completed_at > $3::timestamptz - interval '7 days'))) AS any`,
      [userId, await this.workspacesOf(userId), at],
    );
    return row!.any;
  }

  private async workspacesOf(userId: string): Promise<string[]> {
    return (await this.memberships.workspacesOf(userId)).map(({ workspaceId }) => workspaceId);
  }
}
