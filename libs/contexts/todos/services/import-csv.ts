import { pipeline, Readable } from 'node:stream';
import { FieldError, Rules } from '@rookery/domain';
import { refused } from '@rookery/web';
import { CsvError, parse } from 'csv-parse';
import { MAX_TAGS } from '../model/todo';
import { COLUMNS, textOfCell } from '../views/todo-csv';
import { assertRowCount, type FileRow, MAX_ROW_LENGTH, nextTurn, unreadable } from './import-file';

const MAX_NAME = 100;
/** Bytes to parse before other requests can run: up to a thousand rows. */
const BYTES_PER_TURN = 16_384;
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
/** What is wrong with a row, by the parser's code. */
const MISTAKES: Readonly<Record<string, string>> = {
  CSV_INVALID_CLOSING_QUOTE: 'has text after a closing quote',
  CSV_MAX_RECORD_SIZE: `is longer than ${MAX_ROW_LENGTH} bytes. Check that every quote is closed`,
  CSV_QUOTE_NOT_CLOSED: 'has a quote that is not closed',
  INVALID_OPENING_QUOTE: 'has a quote in a cell that is not quoted',
};

/**
 * Reads todos from CSV (RFC 4180). The first line contains names of columns of an export, in any order and not
 * necessarily all of them.
 *
 * @param text in chunks of any length
 * @throws RequestRefused `request.invalid` if it is not such a file, has too many rows, or a row that is too long
 */
export async function readCsv(text: Iterable<string> | AsyncIterable<string>): Promise<FileRow[]> {
  let names: string[] | undefined;
  const parser = parse({
    bom: true,
    columns: (header: string[]) => (names = columnsOf(header)),
    max_record_size: MAX_ROW_LENGTH,
    record_delimiter: ['\r\n', '\n', '\r'],
    skip_empty_lines: true,
  });
  // The loop below gets any error.
  pipeline(Readable.from(inTurns(text)), parser, () => undefined);
  const rows: FileRow[] = [];
  try {
    for await (const record of parser as AsyncIterable<Record<string, string>>) {
      assertRowCount(rows.length + 1);
      rows.push(rowOf(record));
    }
  } catch (error) {
    if (!(error instanceof CsvError)) throw error;
    const mistake = mistakeOf(error, names);
    if (names) throw unreadable(Number(error.records ?? rows.length) + 1, 'csv', mistake);
    throw refused([FieldError.of(Rules.custom, 'rows', { rule: 'csv' }, `The first line ${mistake}.`)]);
  }
  if (!names) columnsOf([]);
  return rows;
}

/** @returns the bytes of the text, with other requests in between */
async function* inTurns(text: Iterable<string> | AsyncIterable<string>): AsyncGenerator<Buffer> {
  for await (const piece of text) {
    const bytes = Buffer.from(piece);
    for (let at = 0; at < bytes.length; at += BYTES_PER_TURN) {
      yield bytes.subarray(at, at + BYTES_PER_TURN);
      await nextTurn();
    }
  }
}

function mistakeOf({ code, record }: CsvError, names: readonly string[] = []): string {
  if (!Array.isArray(record)) return MISTAKES[code] ?? 'is not valid in a CSV file (RFC 4180)';
  return `has ${record.length} ${record.length === 1 ? 'cell' : 'cells'}. The first line has ${names.length}`;
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
  const tags: string[] = [];
  for (const [part] of text.matchAll(/[^,]+/g)) {
    const name = part.trim();
    if (name !== '') tags.push(name);
    if (tags.length > MAX_TAGS) break; // one too many is enough to refuse the row
  }
  return tags;
}

/** A text that is not a number is returned unchanged, and validation reports it. */
function numberOf(text: string): number | string {
  return /^-?\d{1,15}$/.test(text) ? Number(text) : text;
}
