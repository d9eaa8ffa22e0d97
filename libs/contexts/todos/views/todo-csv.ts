import { stringify } from 'csv-stringify/sync';
import type { TodoView } from './todo';

/** The columns of a CSV export. */
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

/** A text that a spreadsheet would treat as a formula, with or without the apostrophe that {@link csvOf} adds. */
const FORMULA = /^'*[=+\-@\t\r\n＝＋－＠]/;

/**
 * @returns CSV lines (RFC 4180). A text that a spreadsheet would treat as a formula gets an apostrophe in front, so that
 *   opening the file does not run what a member has written
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
    // Some programs end a row at either kind of line break.
    { record_delimiter: 'windows', quoted_match: /[\r\n]/ },
  );
}

/** @returns the text that {@link csvOf} wrote into a cell */
export function textOfCell(cell: string): string {
  return cell.startsWith("'") && FORMULA.test(cell) ? cell.slice(1) : cell;
}
