import { DateTime } from 'luxon';
import { nextReport } from './report-clock';

const ZONES = [
  'Africa/Casablanca',
  'America/Havana',
  'America/New_York',
  'America/Santiago',
  'America/St_Johns',
  'Asia/Beirut',
  'Asia/Kolkata',
  'Australia/Lord_Howe',
  'Europe/Berlin',
  'Europe/Dublin',
  'Pacific/Auckland',
  'Pacific/Chatham',
  'Pacific/Kiritimati',
  'UTC',
];

describe('The weekly report', () => {
  it.each(ZONES)('is sent on every Monday of a year at eight in %s', (zone) => {
    const mondays: string[] = [];
    const end = DateTime.fromISO('2027-01-01', { zone }).toJSDate();
    for (let at = DateTime.fromISO('2026-01-01', { zone }).toJSDate(); ;) {
      at = nextReport(zone, at);
      if (at >= end) break;
      mondays.push(DateTime.fromJSDate(at, { zone }).toFormat('yyyy-MM-dd EEE HH:mm'));
    }
    const first = DateTime.utc(2026, 1, 5);
    const all = Array.from(
      { length: 52 },
      (_, week) => `${first.plus({ weeks: week }).toISODate()} Mon 08:00`,
    );
    expect(mondays).toEqual(all);
  });

  it('has the same time for every moment of the week before', () => {
    const before = DateTime.fromISO('2026-03-23T08:00', { zone: 'Europe/Berlin' });
    const at = '2026-03-30T06:00:00.000Z'; // the clock was put forward the day before
    for (const moment of [before, before.plus({ days: 3 }), before.plus({ days: 6, hours: 22 })])
      expect(nextReport('Europe/Berlin', moment.toJSDate()).toISOString()).toBe(at);
  });
});
