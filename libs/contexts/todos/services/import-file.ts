import { setImmediate } from 'node:timers/promises';
import { FieldError, Rules } from '@rookery/domain';
import { refused, type RequestRefused } from '@rookery/web';

/** Maximum number of rows in a file. */
export const MAX_ROWS = 10_000;
/** Maximum length of a row with all of its fields: bytes in CSV, characters in a calendar. */
export const MAX_ROW_LENGTH = 64_000;
/** Rows to process before other requests can run. */
export const ROWS_PER_TURN = 20;

/** A row of a file: the content of one todo. */
export interface FileRow {
  /** The id of the todo in the file; null if it has none, so that each import creates a new todo. */
  key: string | null;
  /** Fields of {@link TodoRow}, which validates them. */
  values: Record<string, unknown>;
  /** Set for a row of a calendar, which has no drafts and no fractions of a second. */
  coarse?: true;
  /** An error of the row as a whole, which then has no values. */
  error?: FieldError;
}

/** @returns RequestRefused `request.invalid` with the number of the row. Rows after it cannot be read. */
export function unreadable(nr: number, format: 'csv' | 'calendar', why: string): RequestRefused {
  const path = `rows.${nr}`;
  return refused([FieldError.of(Rules.custom, path, { rule: format }, `${path} ${why}.`)]);
}

/** @throws RequestRefused `request.invalid` for a file with more rows than can be read at once */
export function assertRowCount(count: number): void {
  if (count <= MAX_ROWS) return;
  const message = `A file can have at most ${MAX_ROWS} rows.`;
  const limits = { min: 0, max: MAX_ROWS, unit: 'items' } as const;
  throw refused([FieldError.of(Rules.length, 'rows', limits, message)]);
}

let turn: Promise<void> = Promise.resolve();

/** Lets other requests run. Files that are processed at the same time continue one by one, so they do not add up. */
export function nextTurn(): Promise<void> {
  return (turn = turn.then(() => setImmediate()));
}
