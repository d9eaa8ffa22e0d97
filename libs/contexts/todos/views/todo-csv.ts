import { stringify } from 'csv-stringify/sync';
import type { TodoView } from './todo';

/** The columns of a table of todos. */
export const COLUMNS = [
  'id',
  'title',
  'description',
  'status',
  'priority',
  'dueDate',
  'recurrence',
  'timeZone',
  'tags',
  'parentId',
  'assigneeId',
  'sortOrder',
  'color',
  'difficulty',
  'completedAt',
  'createdAt',
  'updatedAt',
] as const;

/** The first line. */
export const CSV_HEADER = `${COLUMNS.join(',')}\r\n`;

/** A text that a spreadsheet would take for a formula, perhaps with what {@link csvOf} puts before one. */
const FORMULA = /^'*[=+\-@\t\r\n＝＋－＠]/;

/**
 * @returns lines (RFC 4180). A text that a spreadsheet would take for a formula has an apostrophe before it: who opens
 *   the file must not run what a member has written
 */
export function csvOf(todos: readonly TodoView[]): string {
  return stringify(
    todos.map((todo) =>
      COLUMNS.map((column) => {
        const value = column === 'tags' ? todo.tags.map(({ name }) => name).join(',') : todo[column];
        if (value instanceof Date) return value.toISOString();
        return typeof value === 'string' && FORMULA.test(value) ? `'${value}` : value;
      }),
    ),
    // A break of either kind would end the row for one reader or another.
    { record_delimiter: 'windows', quoted_match: /[\r\n]/ },
  );
}

/** @returns the text that {@link csvOf} wrote into a cell */
export function textOfCell(cell: string): string {
  return cell.startsWith("'") && FORMULA.test(cell) ? cell.slice(1) : cell;
}
