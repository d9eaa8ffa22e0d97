import { Temporal } from 'temporal-polyfill';

/** Number of years whose clock changes are compared. A change that is the same in all of them becomes a rule. */
const YEARS = 10;
const MIN_YEAR = 1970;
const MAX_YEAR = 9_980;
const WEEKDAYS = ['MO', 'TU', 'WE', 'TH', 'FR', 'SA', 'SU'];

/** A clock change. */
interface Change {
  name: 'STANDARD' | 'DAYLIGHT';
  /** Local time at which the clock is changed. */
  wall: Temporal.PlainDateTime;
  /** `+0100` */
  from: string;
  to: string;
}

/** @returns the time zone; UTC for null, and for a time zone that is no longer known */
export function knownZone(name: string | null): string {
  try {
    zoned(new Date(0), name ?? 'UTC');
    return name ?? 'UTC';
  } catch {
    return 'UTC';
  }
}

/** @returns the local time in a time zone: `20270131T170000` */
export function localStamp(moment: Date, timeZone: string): string {
  return stampOf(zoned(moment, timeZone).toPlainDateTime());
}

/** @param wall local time in the time zone: `20270131T170000` */
export function instantOf(wall: string, timeZone: string): Date {
  return new Date(Temporal.PlainDateTime.from(wall).toZonedDateTime(timeZone).epochMilliseconds);
}

/**
 * Describes a time zone as required by RFC 5545 §3.6.5. Clock changes on the same weekday of a month in each year become a
 * rule, as calendar programs expect. Other changes are listed.
 *
 * @param around listed changes are those near this moment; a rule applies at all times
 * @returns lines of a VTIMEZONE
 */
export function calendarZone(timeZone: string, around: Date): string[] {
  const year = Math.min(Math.max(around.getUTCFullYear() - 1, MIN_YEAR), MAX_YEAR);
  const begin = Temporal.PlainDate.from({ year, month: 1, day: 1 }).toZonedDateTime(timeZone);
  const changes = changesAfter(begin);
  const rules = (['STANDARD', 'DAYLIGHT'] as const).map((name) =>
    ruleOf(changes.filter((each) => each.name === name)),
  );
  const offset = begin.offset.replaceAll(':', '');
  const first = Temporal.PlainDateTime.from({ year: MIN_YEAR, month: 1, day: 1 });
  const initial = observance({ name: 'STANDARD', wall: first, from: offset, to: offset });
  const observances = rules.every((rule) => rule !== undefined)
    ? rules.flat()
    : [...initial, ...changes.flatMap((change) => observance(change))];
  return ['BEGIN:VTIMEZONE', `TZID:${timeZone}`, ...observances, 'END:VTIMEZONE'];
}

function changesAfter(begin: Temporal.ZonedDateTime): Change[] {
  const end = begin.add({ years: YEARS });
  const changes: Change[] = [];
  for (let at = begin.getTimeZoneTransition('next'); at; at = at.getTimeZoneTransition('next')) {
    if (Temporal.ZonedDateTime.compare(at, end) >= 0) break;
    const before = at.subtract({ nanoseconds: 1 });
    const name = at.offsetNanoseconds > before.offsetNanoseconds ? 'DAYLIGHT' : 'STANDARD';
    const wall = before.toPlainDateTime().add({ nanoseconds: 1 });
    changes.push({ name, wall, from: before.offset.replaceAll(':', ''), to: at.offset.replaceAll(':', '') });
  }
  return changes;
}

/** @returns the lines for changes that follow a yearly rule; undefined if they do not follow one */
function ruleOf(changes: readonly Change[]): string[] | undefined {
  const [first] = changes;
  if (!first || changes.length !== YEARS) return undefined;
  const { month, dayOfWeek } = first.wall;
  const same = changes.every(
    ({ wall, from, to }) =>
      wall.month === month &&
      wall.dayOfWeek === dayOfWeek &&
      wall.toPlainTime().equals(first.wall.toPlainTime()) &&
      from === first.from &&
      to === first.to,
  );
  const weeks = new Set(changes.map(({ wall }) => Math.ceil(wall.day / 7)));
  const isLast = changes.every(({ wall }) => wall.day + 7 > wall.daysInMonth);
  if (!same || (!isLast && weeks.size > 1)) return undefined;
  const week = isLast ? -1 : [...weeks][0]!;
  const begin = first.wall.with({ year: MIN_YEAR, day: 1 });
  const days = Array.from({ length: begin.daysInMonth }, (_, index) => begin.add({ days: index })).filter(
    (day) => day.dayOfWeek === dayOfWeek,
  );
  const rule = `RRULE:FREQ=YEARLY;BYMONTH=${month};BYDAY=${week}${WEEKDAYS[dayOfWeek - 1]}`;
  return observance({ ...first, wall: days.at(isLast ? -1 : week - 1)! }, rule);
}

function observance({ name, wall, from, to }: Change, ...rule: string[]): string[] {
  return [
    `BEGIN:${name}`,
    `DTSTART:${stampOf(wall)}`,
    `TZOFFSETFROM:${from}`,
    `TZOFFSETTO:${to}`,
    ...rule,
    `END:${name}`,
  ];
}

function zoned(moment: Date, timeZone: string): Temporal.ZonedDateTime {
  return Temporal.Instant.fromEpochMilliseconds(moment.getTime()).toZonedDateTimeISO(timeZone);
}

/** `20270131T170000` */
function stampOf(wall: Temporal.PlainDateTime): string {
  return wall.toString({ smallestUnit: 'second' }).replace(/[-:]/g, '');
}
