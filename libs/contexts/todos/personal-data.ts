import { Injectable } from '@nestjs/common';
import type { ErasedCounts, ExportedPage, PersonalData } from '@rookery/application';
import { pagesById, Sql } from '@rookery/persistence';

const PAGE = 500;

const TODO = `it.id, workspace_id AS "workspaceId", title, description, status, due_at AS "dueDate", recurrence,
  completed_at AS "completedAt", created_at AS "createdAt", updated_at AS "updatedAt"`;

/** Exported data: what the user wrote, also in workspaces of others, and the todos assigned to them. */
const SECTIONS: readonly { name: string; rows: string }[] = [
  { name: 'todos', rows: `SELECT ${TODO} FROM todos.todos it WHERE author_id = $1` },
  {
    name: 'assignedTodos',
    rows: `SELECT ${TODO} FROM todos.todos it WHERE assignee_id = $1 AND author_id IS DISTINCT FROM $1`,
  },
  {
    name: 'comments',
    rows: `SELECT it.id, todo_id AS "todoId", content, created_at AS "createdAt", updated_at AS "updatedAt"
           FROM todos.comments it WHERE author_id = $1`,
  },
  {
    name: 'categories',
    rows: `SELECT it.id, name, color, description, created_at AS "createdAt", updated_at AS "updatedAt"
           FROM todos.categories it WHERE user_id = $1`,
  },
  {
    name: 'focusSessions',
    rows: `SELECT it.id, todo_id AS "todoId", started_at AS "startedAt", stopped_at AS "stoppedAt"
           FROM todos.focus_sessions it WHERE user_id = $1`,
  },
  {
    name: 'attachments',
    rows: `SELECT it.id, todo_id AS "todoId", media_key AS "mediaKey", file_name AS "fileName",
             created_at AS "createdAt" FROM todos.attachments it WHERE author_id = $1`,
  },
  { name: 'dayPlans', rows: `SELECT it.id, date::text, tasks FROM todos.day_plans it WHERE user_id = $1` },
];

/** Tables whose rows are deleted with the account, and the key of the rows. */
const OWN = [
  ['categories', 'id'],
  ['focus_sessions', 'id'],
  ['day_plans', 'id'],
  ['calendar_feeds', 'user_id'],
  ['reminder_mails', 'id'],
  ['report_recipients', 'user_id'],
  ['weekly_reports', 'week'],
] as const;

/** Columns that are set to null, because others still need the rows. */
const MENTIONS = [
  ['attachments', 'author_id'],
  ['todos', 'author_id'],
  ['todos', 'assignee_id'],
  ['todos', 'completed_by'],
  ['comments', 'author_id'],
] as const;

/** All columns of the schema with user ids. Each is handled here. */
export const KNOWN_COLUMNS: readonly string[] = [
  ...OWN.map(([table]) => `${table}.user_id`),
  ...MENTIONS.map(([table, column]) => `${table}.${column}`),
  'comments.mentioned_ids',
  'todos.responsible_id',
  'todo_tags.responsible_id',
];

/** Personal data of this context. */
@Injectable()
export class TodosPersonalData implements PersonalData {
  constructor(private readonly sql: Sql) {}

  async *export(userId: string): AsyncGenerator<ExportedPage> {
    for (const { name, rows: select } of SECTIONS) {
      const read = (after: string, limit: number) =>
        this.sql.rows<{ id: string }>(`${select} AND it.id > $2 ORDER BY it.id LIMIT $3`, [
          userId,
          after,
          limit,
        ]);
      for await (const rows of pagesById(PAGE, read)) yield [name, rows];
    }
  }

  /**
   * Todos and comments in workspaces of others are kept without the user; those in their own workspaces are deleted with
   * the workspaces. No version changes and no event is raised, because the content of the todos stays the same.
   */
  async erase(userId: string, limit: number): Promise<ErasedCounts> {
    const counts: Record<string, number> = {};
    for (const [table, key] of OWN)
      counts[table] = await this.sql.execute(
        `DELETE FROM todos.${table} WHERE user_id = $1
           AND ${key} IN (SELECT ${key} FROM todos.${table} WHERE user_id = $1 ORDER BY ${key} LIMIT $2)`,
        [userId, limit],
      );
    for (const [table, column] of MENTIONS)
      counts[`${table}.${column}`] = await this.sql.execute(
        `UPDATE todos.${table} SET ${column} = NULL
         WHERE id IN (SELECT id FROM todos.${table} WHERE ${column} = $1 ORDER BY id LIMIT $2 FOR NO KEY UPDATE)`,
        [userId, limit],
      );
    counts['comments.mentioned_ids'] = await this.sql.execute(
      `UPDATE todos.comments SET mentioned_ids = array_remove(mentioned_ids, $1::uuid)
       WHERE id IN (SELECT id FROM todos.comments WHERE mentioned_ids @> ARRAY[$1::uuid] ORDER BY id LIMIT $2
                    FOR NO KEY UPDATE)`,
      [userId, limit],
    );
    return counts;
  }
}
