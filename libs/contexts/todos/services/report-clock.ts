import { Temporal } from 'temporal-polyfill';

/** Weekly reports are sent on Mondays, when the working week begins. */
const MONDAY = 1;
const TIME = { hour: 8 };

/**
 * @param timeZone IANA name
 * @returns the first Monday at 8 a.m. after a moment. If clocks skip that time, it is later by the skipped time
 */
export function nextReport(timeZone: string, moment: Date): Date {
  const there = Temporal.Instant.fromEpochMilliseconds(moment.getTime()).toZonedDateTimeISO(timeZone);
  const monday = there.toPlainDate().add({ days: (MONDAY - there.dayOfWeek + 7) % 7 });
  for (let day = monday; ; day = day.add({ days: 7 })) {
    const at = day.toPlainDateTime(TIME).toZonedDateTime(timeZone).epochMilliseconds;
    if (at > moment.getTime()) return new Date(at);
  }
}
