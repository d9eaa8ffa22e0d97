import { stringify } from 'csv-stringify/sync';
import type { TodoView } from './todo';

const COLUMNS = [
  'id',
  'title',
  'description',
  'status',
  'priority',
  'dueDate',
  'recurrence',
  'tags',
  'parentId',
  'assigneeId',
  'completedAt',
  'createdAt',
  'updatedAt',
] as const;

/** The first line. */
export const CSV_HEADER = `${COLUMNS.join(',')}\r\n`;

/**
 * @returns lines (RFC 4180). A text that a spreadsheet would take for a formula has an apostrophe before it: who opens
 *   the file must not run what a member has written
 */
export function csvOf(todos: readonly TodoView[]): string {
  return stringify(
    todos.map((todo) =>
      COLUMNS.map((column) => {
        const value = column === 'tags' ? todo.tags.map(({ name }) => name).join(' ') : todo[column];
        return value instanceof Date ? value.toISOString() : value;
      }),
    ),
    { record_delimiter: 'windows', escape_formulas: true },
  );
}
