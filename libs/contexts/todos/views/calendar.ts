import { calendarZone, instantOf, knownZone, localStamp } from './calendar-zone';
import type { TodoView } from './todo';

const MAX_LINE_BYTES = 75;
const STATUS = {
  DRAFT: 'NEEDS-ACTION',
  PENDING: 'NEEDS-ACTION',
  COMPLETED: 'COMPLETED',
  ARCHIVED: 'CANCELLED',
} as const;
/** From 1, the highest, to 9 (RFC 5545 §3.8.1.9). */
const PRIORITY = { high: 1, medium: 5, low: 9 } as const;

/** The beginning of a calendar (RFC 5545). */
export const CALENDAR_BEGIN = lines([
  'BEGIN:VCALENDAR',
  'VERSION:2.0',
  'PRODID:-//Rookery//Todos//EN',
  'CALSCALE:GREGORIAN',
]);
/** The end of a calendar. */
export const CALENDAR_END = lines(['END:VCALENDAR']);

/** Maximum number of time zones in a calendar: each takes milliseconds. Todos in further time zones use UTC. */
const MAX_ZONES = 50;

/**
 * @param zones time zones that the calendar describes already; that of the todo is added
 * @returns a todo as a calendar component, preceded by its time zone if needed. Texts are escaped
 */
export function calendarTodo(todo: TodoView, zones: Set<string>): string {
  const { id, title, description, status, priority, dueDate, recurrence, completedAt, createdAt, updatedAt } =
    todo;
  const tags = todo.tags.map(({ name }) => escaped(name));
  // A recurrence follows local time. In UTC it would be an hour off for half of the year.
  const named = recurrence ? knownZone(todo.timeZone) : 'UTC';
  const zone = zones.has(named) || zones.size < MAX_ZONES ? named : 'UTC';
  const isNew = dueDate && zone !== 'UTC' && !zones.has(zone);
  if (isNew) zones.add(zone);
  return lines([
    ...(isNew ? calendarZone(zone, new Date()) : []),
    'BEGIN:VTODO',
    `UID:${id}`,
    `DTSTAMP:${stamp(updatedAt)}`,
    `CREATED:${stamp(createdAt)}`,
    `LAST-MODIFIED:${stamp(updatedAt)}`,
    `SEQUENCE:${todo.version}`,
    `SUMMARY:${escaped(title)}`,
    ...(description ? [`DESCRIPTION:${escaped(description)}`] : []),
    `STATUS:${STATUS[status]}`,
    `PRIORITY:${PRIORITY[priority]}`,
    // A recurring component needs DTSTART (RFC 5545 §3.8.2.4).
    ...(dueDate && recurrence
      ? [beginning(dueDate, zone), `RRULE:${calendarRule(recurrence, todo.timeZone)}`]
      : []),
    ...(dueDate && !recurrence ? [`DUE:${stamp(dueDate)}`] : []),
    ...(completedAt ? [`COMPLETED:${stamp(completedAt)}`, 'PERCENT-COMPLETE:100'] : []),
    ...(tags.length > 0 ? [`CATEGORIES:${tags.join(',')}`] : []),
    ...(todo.parentId ? [`RELATED-TO:${todo.parentId}`] : []),
    'END:VTODO',
  ]);
}

function beginning(moment: Date, zone: string): string {
  if (zone === 'UTC') return `DTSTART:${stamp(moment)}`;
  return `DTSTART;TZID=${/[:;,]/.test(zone) ? `"${zone}"` : zone}:${localStamp(moment, zone)}`;
}

/** @returns the rule of a todo for a calendar: if DTSTART has a time zone, UNTIL is in UTC (RFC 5545 §3.3.10) */
export function calendarRule(rule: string, timeZone: string | null): string {
  return rule.replace(/(?<=(?:^|;)UNTIL=)(\d{8})(T\d{6})?(?=;|$)/, (_, day: string, time = 'T235959') =>
    stamp(instantOf(`${day}${time}`, knownZone(timeZone))),
  );
}

/** `20270131T160000Z` */
function stamp(moment: Date): string {
  return moment.toISOString().replace(/[-:]|\.\d{3}/g, '');
}

/** @returns a text that a calendar can contain: with one kind of line break and no other control characters */
export function calendarText(text: string): string {
  return (
    text
      .replace(/\r\n?/g, '\n')
      // oxlint-disable-next-line no-control-regex -- they are what is removed
      .replace(/[\u0000-\u0009\u000b-\u001f\u007f]/g, ' ')
  );
}

/** RFC 5545 §3.3.11 */
function escaped(text: string): string {
  return calendarText(text)
    .replace(/[\\;,]/g, String.raw`\$&`)
    .replaceAll('\n', String.raw`\n`);
}

function lines(all: readonly string[]): string {
  return all.map((line) => `${folded(line)}\r\n`).join('');
}

/** Folds lines that are longer than 75 bytes, between characters. Continuation lines begin with a space. */
function folded(line: string): string {
  if (Buffer.byteLength(line) <= MAX_LINE_BYTES) return line;
  let result = '';
  let bytes = 0;
  for (const character of line) {
    const size = Buffer.byteLength(character);
    if (bytes + size > MAX_LINE_BYTES) {
      result += '\r\n ';
      bytes = 1;
    }
    result += character;
    bytes += size;
  }
  return result;
}
