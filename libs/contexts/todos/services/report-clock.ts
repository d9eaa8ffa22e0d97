import { Temporal } from 'temporal-polyfill';

/** When people get the report of their week: on Mondays, as the working week begins. */
const MONDAY = 1;
const TIME = { hour: 8 };

/**
 * @param timeZone IANA name
 * @returns the first Monday at eight in the morning after a moment; where clocks skip that time, as much later
 */
export function nextReport(timeZone: string, moment: Date): Date {
  const there = Temporal.Instant.fromEpochMilliseconds(moment.getTime()).toZonedDateTimeISO(timeZone);
  const monday = there.toPlainDate().add({ days: (MONDAY - there.dayOfWeek + 7) % 7 });
  for (let day = monday; ; day = day.add({ days: 7 })) {
    const at = day.toPlainDateTime(TIME).toZonedDateTime(timeZone).epochMilliseconds;
    if (at > moment.getTime()) return new Date(at);
  }
}
