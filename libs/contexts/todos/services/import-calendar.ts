import { FieldError, Rules } from '@rookery/domain';
import type { RequestRefused } from '@rookery/web';
import ICAL from 'ical.js';
import { Temporal } from 'temporal-polyfill';
import { MAX_TAGS } from '../model/todo';
import {
  assertRowCount,
  type FileRow,
  MAX_ROW_LENGTH,
  nextTurn,
  ROWS_PER_TURN,
  unreadable,
} from './import-file';

/** Lines to read before other requests can run. */
const LINES_PER_TURN = 10_000;
/** Parsing this many characters of a component costs as much as reading a line. */
const CHARACTERS_PER_LINE = 5;
/** Dates of a component with time zones cost as much as reading this many lines. */
const LINES_PER_ROW = LINES_PER_TURN / ROWS_PER_TURN;
/** A longer line cannot begin or end a component. */
const MAX_FRAME = 32;

const STATUS: Readonly<Record<string, string>> = { COMPLETED: 'COMPLETED', CANCELLED: 'ARCHIVED' };

/** A jCal property (RFC 7265). */
type Property = [
  name: string,
  parameters: Record<string, string | string[]>,
  type: string,
  ...values: unknown[],
];

/**
 * Reads the VTODO components of a calendar (RFC 5545). The lines that begin and end a component are found here, so that
 * other content costs nothing and the parser sees only one component at a time. Recurrence rules are parsed but never
 * evaluated.
 *
 * @param text in chunks of any length
 * @param timeZone IANA name of the time zone for times that have none
 * @throws RequestRefused `request.invalid` if it is not a calendar, has too many todos, or a todo that is too long
 */
export async function readCalendar(
  text: Iterable<string> | AsyncIterable<string>,
  timeZone: string,
): Promise<FileRow[]> {
  const calendar = new CalendarReader(timeZone);
  for await (const piece of text)
    for (let at = 0; at < piece.length;) {
      const found = piece.indexOf('\n', at);
      calendar.read(piece.slice(at, found === -1 ? piece.length : found));
      if (found !== -1) calendar.endLine();
      at = found === -1 ? piece.length : found + 1;
      if (calendar.work > LINES_PER_TURN) {
        calendar.work = 0;
        await nextTurn();
      }
    }
  calendar.endLine();
  return calendar.end();
}

/** Keeps only the todo that is being read, or the beginning of the current line. */
class CalendarReader {
  /** Lines since other requests could last run. */
  work = 0;
  private readonly rows: FileRow[] = [];
  private opened = false;
  /** The lines of the todo that is being read. */
  private component: string | undefined;
  /** The beginning of the line that is being read, as long as it can begin or end a component. */
  private line = '';
  private lineLength = 0;

  constructor(private readonly timeZone: string) {}

  /** @param part a part of a line */
  read(part: string): void {
    this.lineLength += part.length;
    if (this.line.length <= MAX_FRAME) this.line += part.slice(0, MAX_FRAME + 1);
    if (this.component !== undefined) this.component += part;
    if ((this.component?.length ?? 0) > MAX_ROW_LENGTH) throw this.unreadable('is too long');
    if (!this.opened && this.lineLength > MAX_FRAME) throw notCalendar();
  }

  endLine(): void {
    const frame = this.lineLength <= MAX_FRAME ? this.line.trimEnd().toUpperCase() : '';
    if (!this.opened) {
      this.opened = frame.replace(/^\uFEFF/, '') === 'BEGIN:VCALENDAR';
      if (!this.opened && frame !== '') throw notCalendar();
    } else if (frame === 'BEGIN:VTODO') {
      if (this.component !== undefined) throw this.unreadable('does not end');
      this.component = this.line;
    } else if (frame === 'END:VTODO' && this.component !== undefined) {
      assertRowCount(this.rows.length + 1);
      this.rows.push(rowOf(this.component, this.timeZone));
      this.work += LINES_PER_ROW + this.component.length / CHARACTERS_PER_LINE;
      this.component = undefined;
    }
    if (this.component !== undefined) this.component += '\n';
    this.line = '';
    this.lineLength = 0;
    this.work += 1;
  }

  end(): FileRow[] {
    if (!this.opened) throw notCalendar();
    if (this.component !== undefined) throw this.unreadable('does not end');
    return this.rows;
  }

  private unreadable(why: string): RequestRefused {
    return unreadable(this.rows.length + 1, 'calendar', why);
  }
}

function notCalendar(): RequestRefused {
  return unreadable(1, 'calendar', 'is not in a calendar: the file does not begin with BEGIN:VCALENDAR');
}

function rowOf(component: string, timeZone: string): FileRow {
  let properties: Property[];
  try {
    properties = (ICAL.parse(component) as [string, Property[]])[1];
  } catch {
    const message = 'The component is not valid iCalendar (RFC 5545).';
    return { key: null, values: {}, error: FieldError.of(Rules.custom, '', { rule: 'calendar' }, message) };
  }
  const first = (name: string) => properties.find((each) => each[0] === name);
  const textOf = (name: string) => {
    const value = first(name)?.[3];
    return typeof value === 'string' || typeof value === 'number' ? String(value) || null : null;
  };
  const due = first('due') ?? first('dtstart');
  const zone = due && zoneOf(due);
  const completed = first('completed');
  const created = first('created');
  return {
    key: textOf('uid'),
    coarse: true,
    values: {
      title: textOf('summary') ?? '',
      description: textOf('description'),
      status: STATUS[textOf('status')?.toUpperCase() ?? ''],
      priority: priorityOf(Number(textOf('priority') ?? 0)),
      dueDate: due ? instantOf(due, timeZone) : null,
      recurrence: ruleOf(first('rrule')),
      ...(zone !== undefined && zone !== 'UTC' && { timeZone: zone }),
      tags: tagsOf(properties),
      parentId: parentOf(properties),
      ...(completed && { completedAt: instantOf(completed, timeZone) }),
      ...(created && { createdAt: instantOf(created, timeZone) }),
    },
  };
}

/** RFC 5545 §3.8.1.9: from 1, the highest, to 9; 0 means undefined. */
function priorityOf(number: number): string {
  if (number >= 1 && number <= 4) return 'high';
  return number >= 6 ? 'low' : 'medium';
}

function tagsOf(properties: readonly Property[]): string[] {
  const all = properties.filter(([name]) => name === 'categories').flatMap((each) => each.slice(3));
  const names = [...new Set(all.map((name) => String(name).trim()))].filter((name) => name !== '');
  return names.slice(0, MAX_TAGS + 1); // one too many is enough to refuse the row
}

function parentOf(properties: readonly Property[]): string | null {
  const parent = properties.find(
    ([name, { reltype = 'PARENT' }]) => name === 'related-to' && String(reltype).toUpperCase() === 'PARENT',
  );
  return parent === undefined ? null : String(parent[3]);
}

function zoneOf([, { tzid }, , value]: Property): string | undefined {
  return typeof tzid === 'string' ? tzid : String(value).endsWith('Z') ? 'UTC' : undefined;
}

/**
 * @returns the timestamp; for a date without time, its last minute. An invalid value is returned unchanged, and validation
 *   reports it
 */
function instantOf(property: Property, timeZone: string): string {
  const text = String(property[3]);
  try {
    const wall = text.includes('T')
      ? Temporal.PlainDateTime.from(text.replace(/Z$/, ''))
      : Temporal.PlainDate.from(text).toPlainDateTime({ hour: 23, minute: 59 });
    const { epochMilliseconds } = wall.toZonedDateTime(zoneOf(property) ?? timeZone);
    return new Date(epochMilliseconds).toISOString();
  } catch {
    return text || '?';
  }
}

function ruleOf(property: Property | undefined): string | null {
  if (!property) return null;
  try {
    return ICAL.Recur.fromData(property[3] as Parameters<typeof ICAL.Recur.fromData>[0]).toString();
  } catch {
    return '?';
  }
}
