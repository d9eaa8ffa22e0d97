import { Cron } from 'croner';

/** When a schedule is due: once in every so many seconds, or at times of day. */
export type Timing =
  | { readonly everySeconds: number }
  | {
      /** Minute, hour, day of month, month, day of week: `0 6 * * 1-5`. */
      readonly cron: string;
      /** Time zone of the expression, such as `Europe/Berlin`. Default: `SCHEDULE_TIME_ZONE` of the deployment. */
      readonly timeZone?: string;
    };

/** Returns the start of a slot; by default of the slot that contains the instant. */
export type Slots = (now: Date) => Date;

/**
 * Slots of a cron expression follow local time. When clocks go forward, a slot at a skipped time of day starts at the
 * moment of the change. When clocks go back, a slot at a repeated time of day starts the first time. If the minute or
 * hour of the expression has a `*` or a step, there is a slot at every matching local time: none in the skipped hour,
 * and again in the repeated hour.
 *
 * @param defaultTimeZone time zone of cron expressions without one
 * @throws Error with the mistake and the correct notation
 */
export function slotsOf(timing: Timing, defaultTimeZone: string): Slots {
  if ('everySeconds' in timing) return slotsOfLength(timing.everySeconds);
  const { cron: expression, timeZone = defaultTimeZone } = timing;
  if (!isTimeZone(timeZone))
    throw new Error(`"${timeZone}" is not a time zone: use one of the IANA database, such as Europe/Berlin.`);
  const cron = parsed(expression, timeZone);
  return (now) => cron.previousRuns(1, new Date(now.getTime() + 1))[0] ?? new Date(0);
}

/**
 * @returns a function that returns the start of the slot after the one that contains an instant
 * @throws Error as {@link slotsOf}
 */
export function slotsAfter(timing: Timing, defaultTimeZone: string): Slots {
  if ('everySeconds' in timing) {
    const slotAt = slotsOf(timing, defaultTimeZone);
    return (instant) => new Date(slotAt(instant).getTime() + timing.everySeconds * 1_000);
  }
  const cron = parsed(timing.cron, timing.timeZone ?? defaultTimeZone);
  return (instant) => cron.nextRun(instant) ?? new Date(8.64e15);
}

/** @returns whether the ICU data of this process contain the time zone. */
export function isTimeZone(name: string): boolean {
  try {
    new Intl.DateTimeFormat('en', { timeZone: name }).resolvedOptions();
    return true;
  } catch {
    return false;
  }
}

function slotsOfLength(seconds: number): Slots {
  if (!Number.isInteger(seconds) || seconds < 1)
    throw new Error(`everySeconds must be a positive integer, not ${seconds}.`);
  const length = seconds * 1_000;
  return (now) => new Date(Math.floor(now.getTime() / length) * length);
}

function parsed(expression: string, timezone: string): Cron {
  const remedy = `write minute, hour, day of month, month and day of week, such as '0 6 * * 1-5'`;
  let cron: Cron;
  try {
    cron = new Cron(expression, { timezone, mode: '5-part', fixedTimeRule: 'no-wildcard', paused: true });
  } catch (error) {
    throw new Error(`"${expression}" is not a cron expression (${(error as Error).message}): ${remedy}.`, {
      cause: error,
    });
  }
  if (!cron.nextRun()) throw new Error(`"${expression}" never matches: ${remedy}.`);
  return cron;
}
