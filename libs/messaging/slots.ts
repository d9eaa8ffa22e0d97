import { Cron } from 'croner';

/** When a schedule is due: once in every so many seconds, or at times of day. */
export type Timing =
  | { readonly everySeconds: number }
  | {
      /** Minute, hour, day of month, month, day of week: `0 6 * * 1-5`. */
      readonly cron: string;
      /** Where it is that time of day, `Europe/Berlin`; where it is left out, `SCHEDULE_TIME_ZONE` of the deployment. */
      readonly timeZone?: string;
    };

/** Finds the beginning of a slot: unless another is named, of the one that an instant is in. */
export type Slots = (now: Date) => Date;

/**
 * Slots of a cron expression follow the clock on the wall. Where the clock is put forward, a time of day that does not
 * exist begins its slot at the moment of the change. Where it is put back, a time of day that comes twice begins a slot
 * the first time. With a `*` or a step in its minute or hour an expression has a slot whenever the clock shows one:
 * none in the hour that is missing, as many again in the one that is repeated.
 *
 * @param defaultTimeZone where it is the time of day of a cron expression that names no time zone
 * @throws Error saying what is wrong and how to write it
 */
export function slotsOf(timing: Timing, defaultTimeZone: string): Slots {
  if ('everySeconds' in timing) return slotsOfLength(timing.everySeconds);
  const { cron: expression, timeZone = defaultTimeZone } = timing;
  if (!isTimeZone(timeZone))
    throw new Error(`"${timeZone}" is no time zone: name one of the IANA database, such as Europe/Berlin.`);
  const cron = parsed(expression, timeZone);
  return (now) => cron.previousRuns(1, new Date(now.getTime() + 1))[0] ?? new Date(0);
}

/**
 * @returns what finds the beginning of the slot after the one that an instant is in
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

/** @returns whether it is a time zone that the ICU data of this process know. */
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
    throw new Error(`everySeconds must be a whole number from 1 on, not ${seconds}.`);
  const length = seconds * 1_000;
  return (now) => new Date(Math.floor(now.getTime() / length) * length);
}

function parsed(expression: string, timezone: string): Cron {
  const remedy = `write minute, hour, day of month, month and day of week, such as '0 6 * * 1-5'`;
  let cron: Cron;
  try {
    cron = new Cron(expression, { timezone, mode: '5-part', fixedTimeRule: 'no-wildcard', paused: true });
  } catch (error) {
    throw new Error(`"${expression}" is no cron expression (${(error as Error).message}): ${remedy}.`, {
      cause: error,
    });
  }
  if (!cron.nextRun()) throw new Error(`"${expression}" never comes: ${remedy}.`);
  return cron;
}
