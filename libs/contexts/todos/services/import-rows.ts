import { FieldError, Rules } from '@rookery/domain';
import { Field, isUuid, Item, MAX_ERRORS, readFields } from '@rookery/web';
import { TAG_NAME } from '../../workspaces/contract';
import { STATUSES, type TodoStatus } from '../contract';
import { MAX_TAGS, PRIORITIES, type Priority } from '../model/todo';
import { TODO, TodoFields } from '../views/todo';
import { isZoneName } from './cadence';
import { type FileRow, nextTurn, ROWS_PER_TURN } from './import-file';

const MAX_KEY = 255;

/** The content of a row. A field that is left out does not change. */
export class TodoRow extends TodoFields {
  @Field.text(TODO.title)
  title: string;

  @Field.oneOf(STATUSES, { description: 'Status.', optional: true })
  status?: TodoStatus;

  @Field.oneOf(PRIORITIES, { description: 'Priority.', optional: true })
  priority?: Priority;

  @Field.text({ max: 64, description: 'IANA time zone of the recurrence.', optional: true })
  timeZone?: string;

  @Field.list(Item.text(TAG_NAME), { max: MAX_TAGS, description: 'Tags.', optional: true })
  tags?: string[];

  @Field.text({
    max: MAX_KEY,
    description: 'Id or UID of the parent in the file.',
    optional: true,
    nullable: true,
  })
  override parentId?: string | null;

  @Field.integer({ ...TODO.sortOrder, optional: true })
  sortOrder?: number;

  @Field.dateTime({ description: 'When it was completed.', optional: true })
  completedAt?: string;

  @Field.dateTime({ description: 'When it was created.', optional: true })
  createdAt?: string;
}

/** The outcome of a row; in a preview, the outcome that it would have. */
export interface RowOutcome {
  /** Its position in the file, from 1. */
  row: number;
  action: 'created' | 'updated' | 'unchanged' | 'refused';
  /** Id of the todo; undefined if there is none, or not yet. */
  id?: string;
  /** Fields that have changed. */
  changed?: string[];
  /** Why it is refused, as far as {@link ErrorLimit} keeps it. */
  errors?: readonly FieldError[];
}

/** A row whose fields are valid. */
export interface ReadRow {
  row: number;
  key: string | null;
  coarse: boolean;
  values: TodoRow;
}

/** A file whose rows are validated. */
export interface ReadFile {
  /** Rows with valid fields, parents before sub-todos. */
  rows: ReadRow[];
  /** Outcomes of the others. */
  refused: RowOutcome[];
  /** Number of errors that the outcomes leave out. */
  errorsOmitted: number;
}

/** Keeps the first 100 errors and counts the rest: a file of 400 kB can have 130,000 errors, which take 20 MB. */
export class ErrorLimit {
  /** Number of errors that were left out. */
  omitted = 0;
  private room = MAX_ERRORS;

  /** @returns the errors that are kept; undefined if there is no room for any of them */
  keep(errors: readonly FieldError[]): readonly FieldError[] | undefined {
    const kept = errors.slice(0, this.room);
    this.room -= kept.length;
    this.omitted += errors.length - kept.length;
    return kept.length > 0 ? kept : undefined;
  }
}

/**
 * Validates the rows of a file. Other requests run in between.
 *
 * @param now completion and creation cannot be later
 */
export async function readRows(file: readonly FileRow[], now: Date): Promise<ReadFile> {
  const rows: ReadRow[] = [];
  const refused: RowOutcome[] = [];
  const limit = new ErrorLimit();
  const keys = new Set<string>();
  const zones = new Map<string, boolean>();
  const latest = now.toISOString();
  for (const [index, { key, values, coarse = false, error }] of file.entries()) {
    const row = index + 1;
    const read = readFields(values, TodoRow);
    const errors = error
      ? [error]
      : [...read.errors, ...timeErrors(read.value, latest), ...zoneErrors(read.value, zones)];
    if (errors.length === 0 && key !== null) errors.push(...keyErrors(key, keys));
    if (errors.length > 0) refused.push({ row, action: 'refused', errors: limit.keep(errors) });
    else rows.push({ row, key, coarse, values: withEachTagOnce(read.value) });
    if (row % ROWS_PER_TURN === 0) await nextTurn();
  }
  const isTop = ({ values: { parentId } }: ReadRow) => (parentId ?? null) === null;
  return {
    rows: [...rows.filter(isTop), ...rows.filter((row) => !isTop(row))],
    refused,
    errorsOmitted: limit.omitted,
  };
}

function timeErrors(row: TodoRow, now: string): FieldError[] {
  return (['completedAt', 'createdAt'] as const).flatMap((field) => {
    const at = row[field];
    if (at === undefined || at <= now) return [];
    return FieldError.of(Rules.range, field, { max: now }, `${field} must not be in the future.`);
  });
}

function keyErrors(key: string, seen: Set<string>): FieldError[] {
  if (key.length > MAX_KEY) {
    const limits = { min: 1, max: MAX_KEY, unit: 'characters' } as const;
    return [FieldError.of(Rules.length, 'id', limits, `id must be 1 to ${MAX_KEY} characters long.`)];
  }
  const name = isUuid(key) ? key.toLowerCase() : key;
  if (seen.has(name)) return [namedTwice()];
  seen.add(name);
  return [];
}

/** @returns the error of a row that is about the same todo as an earlier row */
export function namedTwice(): FieldError {
  return FieldError.of(Rules.unique, 'id', {}, 'Another row of the file has this id.');
}

/** @param known whether there is a time zone with that name: a look-up takes a hundred times as long as the map */
function zoneErrors({ timeZone }: TodoRow, known: Map<string, boolean>): FieldError[] {
  if (timeZone === undefined) return [];
  const valid = known.get(timeZone) ?? isZoneName(timeZone);
  known.set(timeZone, valid);
  if (valid) return [];
  const message = 'timeZone must be a name of the IANA time zone database, such as Europe/Berlin.';
  return [FieldError.of(Rules.format, 'timeZone', { format: 'time-zone' }, message)];
}

function withEachTagOnce(row: TodoRow): TodoRow {
  if (row.tags) row.tags = [...new Map(row.tags.map((name) => [name.toLowerCase(), name])).values()];
  return row;
}
