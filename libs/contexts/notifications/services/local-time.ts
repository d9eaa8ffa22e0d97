import { DateTime } from 'luxon';
import type { Settings } from '../model/settings';

/** Hour of day at which digests are sent, in the time zone of the user. */
const DIGEST_HOUR = 8;

/**
 * @returns the end of the quiet hours that apply now; undefined if none apply. A time that a clock change skips counts as
 *   the moment after the gap; a time that occurs twice counts as the first
 */
export function quietUntil({ quietHours }: Settings, timeZone: string, now: Date): Date | undefined {
  if (!quietHours) return undefined;
  const { from, to } = quietHours;
  const local = DateTime.fromJSDate(now, { zone: timeZone });
  const time = local.toFormat('HH:mm');
  const quiet = from < to ? time >= from && time < to : time >= from || time < to;
  return quiet ? next(local, to, (day) => day.plus({ days: 1 })) : undefined;
}

/** @returns when the next digest of a user is due: at 08:00, with `weekly` on Mondays, in their time zone */
export function nextDigest({ digest }: Settings, timeZone: string, now: Date): Date {
  const local = DateTime.fromJSDate(now, { zone: timeZone });
  const time = `0${DIGEST_HOUR}:00`;
  if (digest === 'daily') return next(local, time, (day) => day.plus({ days: 1 }));
  return next(local.startOf('week'), time, (day) => day.plus({ weeks: 1 }), local);
}

/** @returns the first moment after `after` that is at this time of day, on one of the days that `later` steps through */
function next(first: DateTime, time: string, later: (day: DateTime) => DateTime, after = first): Date {
  const [hour, minute] = time.split(':').map(Number) as [number, number];
  for (let day = first.startOf('day'); ; day = later(day)) {
    const at = day.set({ hour, minute });
    if (at > after) return at.toJSDate();
  }
}
