import { Rejection } from '@rookery/domain';
import { RRuleTemporal } from 'rrule-temporal';
import { Temporal } from 'temporal-polyfill';
import type { Cadence } from '../model/todo';
import { RecurrenceInvalid } from '../model/rejections';

const MAX_LENGTH = 200;
const MAX_COUNT = 366;
const MAX_INTERVAL = 999;
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

/** The parts of a rule and their formats. A subset of RFC 5545, so that every accepted rule is cheap to evaluate. */
const PARTS: Readonly<Record<string, RegExp>> = {
  FREQ: /^(?:DAILY|WEEKLY|MONTHLY|YEARLY)$/,
  INTERVAL: /^[1-9]\d{0,2}$/,
  COUNT: /^[1-9]\d{0,3}$/,
  UNTIL: /^\d{8}(?:T\d{6}Z?)?$/,
  BYDAY: list(`(?:[+-]?[1-5])?${DAY}`, 35),
  BYMONTHDAY: list('-?(?:[1-9]|[12]\\d|3[01])', 31),
  BYMONTH: list('(?:[1-9]|1[0-2])', 12),
  BYSETPOS: list('-?(?:[1-9]|[12]\\d|3[01])', 10),
  WKST: new RegExp(`^${DAY}$`),
};

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
  if (text.length > MAX_LENGTH) throw new Rejection(RecurrenceInvalid);
  const rule = text
    .trim()
    .toUpperCase()
    .replace(/^RRULE:/, '')
    .replace(/;$/, '');
  const parts = rule.split(';').map((part) => part.split('=') as [string, string?]);
  const names = new Set(parts.map(([name]) => name));
  const sound =
    names.size === parts.length &&
    names.has('FREQ') &&
    !(names.has('COUNT') && names.has('UNTIL')) &&
    parts.every(([name, value = '', ...more]) => more.length === 0 && PARTS[name]?.test(value) === true);
  if (!sound) throw new Rejection(RecurrenceInvalid);
  const { COUNT, FREQ, BYDAY = '', BYMONTH, BYMONTHDAY, BYSETPOS, INTERVAL = '1', UNTIL } = partsOf(rule);
  const inadmissible =
    Number(COUNT ?? 1) > MAX_COUNT ||
    Number(INTERVAL) > MAX_INTERVAL ||
    // RFC 5545 §3.3.10 allows a number before a day only with MONTHLY and YEARLY.
    (/\d/.test(BYDAY) && (FREQ === 'DAILY' || FREQ === 'WEEKLY')) ||
    (BYMONTHDAY !== undefined && FREQ === 'WEEKLY') ||
    // Selecting among the days of a month is cheap. Among those of a year, or beyond those of a week, it takes seconds.
    (BYSETPOS !== undefined &&
      ((BYDAY === '' && BYMONTHDAY === undefined) ||
        (FREQ !== 'MONTHLY' && (FREQ !== 'YEARLY' || BYMONTH === undefined))));
  if (inadmissible || (UNTIL !== undefined && endOf(UNTIL, 'UTC') === undefined))
    throw new Rejection(RecurrenceInvalid);
  return rule;
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
    throw new Rejection(RecurrenceInvalid);
  }
  if (next === null && COUNT === undefined && UNTIL === undefined) throw new Rejection(RecurrenceInvalid);
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
