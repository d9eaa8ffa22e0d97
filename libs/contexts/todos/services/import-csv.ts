import { pipeline, Readable } from 'node:stream';
import { FieldError, Rules } from '@rookery/domain';
import { refused } from '@rookery/web';
import { CsvError, parse } from 'csv-parse';
import { COLUMNS, textOfCell } from '../views/todo-csv';
import { assertRowCount, type FileRow, MAX_ROW_LENGTH, unreadable } from './import-file';

const MAX_NAME = 100;
/** Columns in which an empty cell clears the field. In the others it is ignored. */
const CLEARED = new Set<string>([
  'description',
  'dueDate',
  'recurrence',
  'parentId',
  'assigneeId',
  'color',
  'difficulty',
]);
const NUMBERS = new Set<string>(['sortOrder', 'difficulty']);

/**
 * Reads todos from CSV (RFC 4180). The first line contains names of columns of an export, in any order and not
 * necessarily all of them.
 *
 * @param text in chunks of any length
 * @throws RequestRefused `request.invalid` if it is not such a file, has too many rows, or a row that is too long
 */
export async function readCsv(text: Iterable<string> | AsyncIterable<string>): Promise<FileRow[]> {
  let named = false;
  const parser = parse({
    bom: true,
    columns: (header: string[]) => {
      named = true;
      return columnsOf(header);
    },
    max_record_size: MAX_ROW_LENGTH,
    record_delimiter: ['\r\n', '\n', '\r'],
    skip_empty_lines: true,
  });
  // The loop below gets any error.
  pipeline(Readable.from(text), parser, () => undefined);
  const rows: FileRow[] = [];
  try {
    for await (const record of parser as AsyncIterable<Record<string, string>>) {
      assertRowCount(rows.length + 1);
      rows.push(rowOf(record));
    }
  } catch (error) {
    if (!(error instanceof CsvError)) throw error;
    throw unreadable(
      Number(error.records ?? rows.length) + 1,
      'csv',
      'is not a valid row of a CSV file (RFC 4180), or is too long',
    );
  }
  if (!named) columnsOf([]);
  return rows;
}

/** @throws RequestRefused `request.invalid` */
function columnsOf(header: string[]): string[] {
  const names = header.map((name) => name.trim());
  const errors = names.flatMap((name, index) => {
    const path = name.slice(0, MAX_NAME);
    if (!(COLUMNS as readonly string[]).includes(name))
      return FieldError.of(Rules.unknown, path, {}, `${path} is not a column of a todo export.`);
    if (names.indexOf(name) !== index)
      return FieldError.of(Rules.unique, path, {}, `The column ${path} occurs twice.`);
    return [];
  });
  if (!names.includes('title'))
    errors.push(
      FieldError.of(Rules.required, 'title', {}, 'The first line must contain a column named title.'),
    );
  if (errors.length > 0) throw refused(errors);
  return names;
}

function rowOf(record: Record<string, string>): FileRow {
  const { id = '', updatedAt: _, ...cells } = record;
  const values: Record<string, unknown> = {};
  for (const [column, cell] of Object.entries(cells)) {
    const text = textOfCell(cell);
    if (column === 'tags') values.tags = tagsOf(text);
    else if (text !== '' || column === 'title') values[column] = NUMBERS.has(column) ? numberOf(text) : text;
    else if (CLEARED.has(column)) values[column] = null;
  }
  return { key: textOfCell(id) || null, values };
}

function tagsOf(text: string): string[] {
  return text
    .split(',')
    .map((name) => name.trim())
    .filter((name) => name !== '');
}

/** A text that is not a number is returned unchanged, and validation reports it. */
function numberOf(text: string): number | string {
  return /^-?\d{1,15}$/.test(text) ? Number(text) : text;
}
