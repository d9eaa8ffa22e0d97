import { FieldError, Rules } from '@rookery/domain';
import { refused, type RequestRefused } from '@rookery/web';

/** Rows of one file. */
export const MAX_ROWS = 10_000;
/** Characters of a row: of all of its fields, folded or not. */
export const MAX_ROW_LENGTH = 64_000;

/** A row of a file that says what a todo is. */
export interface FileRow {
  /** What the file calls the todo; null if it has no name for it, and so makes a new one each time. */
  key: string | null;
  /** Fields of {@link TodoRow}; what is wrong with a value is found there. */
  values: Record<string, unknown>;
  /** It is of a calendar, which knows no drafts and no fractions of a second. */
  coarse?: true;
  /** What is wrong with the row as a whole; then it has no values. */
  error?: FieldError;
}

/** @throws RequestRefused `request.invalid` naming the row: nothing behind it can be read */
export function unreadable(nr: number, format: 'csv' | 'calendar', why: string): RequestRefused {
  const path = `rows.${nr}`;
  return refused([FieldError.of(Rules.custom, path, { rule: format }, `${path} ${why}.`)]);
}

/** @throws RequestRefused `request.invalid` for a file with more rows than can be read at once */
export function assertRowCount(count: number): void {
  if (count <= MAX_ROWS) return;
  const message = `A file may have at most ${MAX_ROWS} rows.`;
  const limits = { min: 0, max: MAX_ROWS, unit: 'items' } as const;
  throw refused([FieldError.of(Rules.length, 'rows', limits, message)]);
}
