import { RRuleTemporal } from 'rrule-temporal';
import { Temporal } from 'temporal-polyfill';
import type { Cadence } from '../model/todo';
import { recurrenceInvalid } from '../model/rejections';

const MAX_LENGTH = 200;
const MAX_COUNT = 366;
type Steps = Readonly<Record<string, number>>;
/**
 * Maximum number of steps of a search for the next date, by FREQ. They limit the cost of a rule that has few or no dates,
 * and the cost of COUNT from a date long ago.
 */
const MAX_STEPS: Steps = { DAILY: 3_000, WEEKLY: 600, MONTHLY: 400, YEARLY: 200 };
/** The same when a rule is set. It is smaller, because one request can set many rules. */
const MAX_STEPS_WHEN_SET: Steps = { DAILY: 500, WEEKLY: 100, MONTHLY: 100, YEARLY: 60 };

const DAY = '(?:MO|TU|WE|TH|FR|SA|SU)';
const list = (item: string, max: number) => new RegExp(`^${item}(?:,${item}){0,${max - 1}}$`);

/**
 * The parts of a rule, their formats and what they must be. A subset of RFC 5545, so that every accepted rule is cheap to
 * evaluate.
 */
const PARTS: Readonly<Record<string, readonly [format: RegExp, meaning: string]>> = {
  FREQ: [/^(?:DAILY|WEEKLY|MONTHLY|YEARLY)$/, 'DAILY, WEEKLY, MONTHLY or YEARLY'],
  INTERVAL: [/^[1-9]\d{0,2}$/, 'a number from 1 to 999'],
  COUNT: [/^[1-9]\d{0,2}$/, `a number from 1 to ${MAX_COUNT}`],
  UNTIL: [/^\d{8}(?:T\d{6}Z?)?$/, 'an existing date, such as 20271231 or 20271231T170000Z'],
  BYDAY: [list(`(?:[+-]?[1-5])?${DAY}`, 35), 'a list of days, such as MO,WE or -1FR'],
  BYMONTHDAY: [list('-?(?:[1-9]|[12]\\d|3[01])', 31), 'a list of numbers from 1 to 31 or -31 to -1'],
  BYMONTH: [list('(?:[1-9]|1[0-2])', 12), 'a list of numbers from 1 to 12'],
  BYSETPOS: [list('-?(?:[1-9]|[12]\\d|3[01])', 10), 'a list of up to 10 numbers from 1 to 31 or -31 to -1'],
  WKST: [new RegExp(`^${DAY}$`), 'a day, such as MO'],
};

const NO_DATE = 'It has no further date within the next years.';

/** A series of due dates. */
export interface Series {
  /** As {@link parseRule} returns it. */
  rule: string;
  /** First due date. COUNT starts here, but does not count this date if it does not match the rule. */
  start: Date;
  /** IANA name of the time zone of the series. */
  timeZone: string;
}

/**
 * Parses a recurrence rule, with or without the prefix `RRULE:`.
 *
 * @returns the normalized rule: only its parts, in upper case
 * @throws Rejection `todos.recurrence-invalid`
 */
export function parseRule(text: string): string {
  if (text.length > MAX_LENGTH) throw recurrenceInvalid(`It is longer than ${MAX_LENGTH} characters.`);
  const rule = text
    .trim()
    .toUpperCase()
    .replace(/^RRULE:/, '')
    .replace(/;$/, '');
  const mistake = mistakeIn(rule);
  if (mistake !== undefined) throw recurrenceInvalid(mistake);
  return rule;
}

/** @returns why a rule cannot be used, in one sentence; undefined if it can be used */
function mistakeIn(rule: string): string | undefined {
  const parts = rule.split(';').map((part) => /^([^=]*)=?([^]*)$/.exec(part)!.slice(1) as [string, string]);
  for (const [name, value] of parts) {
    const [format, meaning] = (Object.hasOwn(PARTS, name) && PARTS[name]) || [];
    if (!format) return `${name || 'An empty text'} is not a part that can be used.`;
    if (!format.test(value)) return `${name} must be ${meaning}.`;
  }
  if (new Set(parts.map(([name]) => name)).size < parts.length) return 'A part occurs twice.';
  const { BYDAY = '', BYMONTH, BYMONTHDAY, BYSETPOS, COUNT, FREQ, UNTIL } = partsOf(rule);
  if (FREQ === undefined) return 'FREQ is missing.';
  if (COUNT !== undefined && UNTIL !== undefined) return 'COUNT and UNTIL cannot be used together.';
  if (Number(COUNT ?? 1) > MAX_COUNT) return `COUNT must be ${PARTS.COUNT![1]}.`;
  if (UNTIL !== undefined && endOf(UNTIL, 'UTC') === undefined) return `UNTIL must be ${PARTS.UNTIL![1]}.`;
  // RFC 5545 §3.3.10 allows a number before a day only with MONTHLY and YEARLY.
  if (/\d/.test(BYDAY) && (FREQ === 'DAILY' || FREQ === 'WEEKLY'))
    return 'BYDAY can contain numbers only with FREQ=MONTHLY or YEARLY.';
  if (BYMONTHDAY !== undefined && FREQ === 'WEEKLY') return 'BYMONTHDAY cannot be used with FREQ=WEEKLY.';
  if (BYSETPOS === undefined) return undefined;
  if (BYDAY === '' && BYMONTHDAY === undefined) return 'BYSETPOS requires BYDAY or BYMONTHDAY.';
  // Selecting among the days of a month is cheap. Among those of a year, or beyond those of a week, it takes seconds.
  if (FREQ !== 'MONTHLY' && (FREQ !== 'YEARLY' || BYMONTH === undefined))
    return 'BYSETPOS requires FREQ=MONTHLY, or FREQ=YEARLY with BYMONTH.';
  return undefined;
}

/**
 * @throws Rejection `todos.recurrence-invalid` if the rule has no end (COUNT or UNTIL) but no further date either
 */
export function assertComesAgain(series: Series): void {
  const { COUNT, UNTIL } = partsOf(series.rule);
  let next: Date | null;
  try {
    next = find(series, series.start, MAX_STEPS_WHEN_SET);
  } catch {
    throw recurrenceInvalid(NO_DATE);
  }
  if (next === null && COUNT === undefined && UNTIL === undefined) throw recurrenceInvalid(NO_DATE);
}

/**
 * Computes how a series continues after a due date. All dates keep the local time of day of the first one. If a clock
 * change skips that time, the date is later by the skipped time. If the time occurs twice, the first one is used. So a
 * series has one date for each matching day, in every year.
 *
 * @param dueDate the current due date
 * @param now when the todo is completed. Dates missed until then are skipped, but COUNT includes them
 */
export function cadenceOf(series: Series, dueDate: Date, now: Date): Cadence {
  const future = dayOf(dueDate, series.timeZone) > dayOf(now, series.timeZone);
  return { future, next: future ? null : nextAfter(series, dueDate > now ? dueDate : now) };
}

/** @returns the first date of a series after a moment; null if there is none, or none within {@link MAX_STEPS} */
export function nextAfter(series: Series, moment: Date): Date | null {
  try {
    return find(series, moment, MAX_STEPS);
  } catch {
    return null;
  }
}

/** @returns whether there is a time zone with that name; an offset is not a name */
export function isZoneName(name: string): boolean {
  try {
    return /^[A-Za-z]/.test(name) && dayOf(new Date(0), name) !== '';
  } catch {
    return false;
  }
}

/** @returns the local date of a moment in a time zone: `2026-03-29` */
export function dayOf(moment: Date, timeZone: string): string {
  return wallOf(moment, timeZone).toPlainDate().toString();
}

/** Evaluates the rule in local time as if it were UTC, where all days have 24 hours. */
function find({ rule, start, timeZone }: Series, moment: Date, maxSteps: Steps): Date | null {
  const { UNTIL, ...parts } = partsOf(rule);
  const endless = Object.entries(parts).map(([name, value]) => `${name}=${value}`);
  const dates = new RRuleTemporal({
    rruleString: `RRULE:${endless.join(';')}`,
    dtstart: wallOf(start, timeZone).toZonedDateTime('UTC'),
    tzid: 'UTC',
    maxIterations: maxSteps[parts.FREQ!]!,
  });
  const end = UNTIL === undefined ? undefined : endOf(UNTIL, timeZone);
  // A skipped local time is shifted, so the search starts early enough to find every date after the moment.
  const from = wallOf(moment, timeZone).toZonedDateTime('UTC').subtract({ hours: 3 });
  for (let wall = dates.next(from); wall; wall = dates.next(wall)) {
    const date = new Date(instantOf(wall.toPlainDateTime(), timeZone));
    if (end !== undefined && date > end) return null;
    if (date > moment) return date;
  }
  return null;
}

function partsOf(rule: string): Partial<Record<string, string>> {
  return Object.fromEntries(rule.split(';').map((part) => part.split('=') as [string, string]));
}

/** @returns the last moment that UNTIL includes; undefined if the date or time does not exist */
function endOf(until: string, timeZone: string): Date | undefined {
  const [, year, month, day, hour = '23', minute = '59', second = '59'] =
    /^(\d{4})(\d\d)(\d\d)(?:T(\d\d)(\d\d)(\d\d))?/.exec(until)!;
  try {
    const wall = Temporal.PlainDateTime.from(`${year}-${month}-${day}T${hour}:${minute}:${second}`, {
      overflow: 'reject',
    });
    return new Date(instantOf(wall, until.endsWith('Z') ? 'UTC' : timeZone));
  } catch {
    return undefined;
  }
}

function wallOf(moment: Date, timeZone: string): Temporal.PlainDateTime {
  return Temporal.Instant.fromEpochMilliseconds(moment.getTime())
    .toZonedDateTimeISO(timeZone)
    .toPlainDateTime();
}

function instantOf(wall: { toString(): string }, timeZone: string): number {
  return Temporal.PlainDateTime.from(wall.toString()).toZonedDateTime(timeZone).epochMilliseconds;
}
