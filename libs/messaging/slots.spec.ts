import { Schedule } from './schedule';
import { slotsAfter, slotsOf } from './slots';

/** The slots that begin between two instants, as somebody who looks every ten minutes finds them. */
function slots(cron: string, timeZone: string, from: string, to: string): string[] {
  const slotAt = slotsOf({ cron }, timeZone);
  const found = new Set<string>();
  for (let at = Date.parse(from); at < Date.parse(to); at += 600_000)
    found.add(slotAt(new Date(at)).toISOString());
  return [...found].filter((slot) => slot >= new Date(from).toISOString());
}

describe('a time of day', () => {
  it.each([
    ['UTC', '2026-01-05T06:00:00.000Z'],
    ['Europe/Berlin', '2026-01-05T05:00:00.000Z'],
    ['Asia/Kathmandu', '2026-01-05T00:15:00.000Z'],
    ['America/New_York', '2026-01-05T11:00:00.000Z'],
  ])('is that of %s', (timeZone, slot) => {
    const slotAt = slotsOf({ cron: '0 6 * * *' }, timeZone);
    expect(slotAt(new Date(Date.parse(slot) - 1)).getTime()).toBe(Date.parse(slot) - 86_400_000);
    expect(slotAt(new Date(slot)).toISOString()).toBe(slot);
    expect(slotAt(new Date(Date.parse(slot) + 86_399_999)).toISOString()).toBe(slot);
  });

  it('takes the time zone that is named with it before that of the deployment', () => {
    const slotAt = slotsOf({ cron: '0 6 * * *', timeZone: 'Europe/Berlin' }, 'Asia/Kathmandu');
    expect(slotAt(new Date('2026-01-05T06:00:00Z')).toISOString()).toBe('2026-01-05T05:00:00.000Z');
  });

  it('is followed by the next', () => {
    const daily = slotsAfter({ cron: '0 6 * * *' }, 'UTC');
    expect(daily(new Date('2026-01-05T06:00:00Z')).toISOString()).toBe('2026-01-06T06:00:00.000Z');
    const often = slotsAfter({ everySeconds: 30 }, 'UTC');
    expect(often(new Date('2026-01-05T06:00:30Z')).toISOString()).toBe('2026-01-05T06:01:00.000Z');
  });

  it('stays the same on the wall when the clock is put forward or back', () => {
    expect(slots('0 6 * * *', 'Europe/Berlin', '2026-03-28T00:00Z', '2026-03-31T00:00Z')).toEqual([
      '2026-03-28T05:00:00.000Z',
      '2026-03-29T04:00:00.000Z',
      '2026-03-30T04:00:00.000Z',
    ]);
    expect(slots('0 6 * * *', 'Europe/Berlin', '2026-10-24T00:00Z', '2026-10-27T00:00Z')).toEqual([
      '2026-10-24T04:00:00.000Z',
      '2026-10-25T05:00:00.000Z',
      '2026-10-26T05:00:00.000Z',
    ]);
  });

  it('that does not exist comes once, at the moment of the change', () => {
    expect(slots('30 2 * * *', 'Europe/Berlin', '2026-03-28T12:00Z', '2026-03-30T12:00Z')).toEqual([
      '2026-03-29T01:00:00.000Z',
      '2026-03-30T00:30:00.000Z',
    ]);
    expect(slots('0 0 * * *', 'Africa/Cairo', '2026-04-23T12:00Z', '2026-04-25T12:00Z')).toEqual([
      '2026-04-23T22:00:00.000Z',
      '2026-04-24T21:00:00.000Z',
    ]);
  });

  it('that exists twice comes once, the first time', () => {
    expect(slots('30 2 * * *', 'Europe/Berlin', '2026-10-24T12:00Z', '2026-10-26T12:00Z')).toEqual([
      '2026-10-25T00:30:00.000Z',
      '2026-10-26T01:30:00.000Z',
    ]);
    expect(slots('0,30 1 * * *', 'America/New_York', '2026-10-31T12:00Z', '2026-11-01T12:00Z')).toEqual([
      '2026-11-01T05:00:00.000Z',
      '2026-11-01T05:30:00.000Z',
    ]);
  });

  it('of every hour comes every hour, whatever the clock does', () => {
    for (const day of ['2026-03-29', '2026-10-25']) {
      const found = slots('30 * * * *', 'Europe/Berlin', `${day}T00:00Z`, `${day}T06:00Z`);
      expect(found).toEqual([0, 1, 2, 3, 4, 5].map((hour) => `${day}T0${hour}:30:00.000Z`));
    }
  });
});

describe('a slot of some seconds', () => {
  it('counts from 1970', () => {
    const slotAt = slotsOf({ everySeconds: 90 }, 'Europe/Berlin');
    expect(slotAt(new Date(179_999)).getTime()).toBe(90_000);
    expect(slotAt(new Date(180_000)).getTime()).toBe(180_000);
  });
});

describe('what is no timing', () => {
  const declare = (timing: Parameters<typeof Schedule>[1]) => {
    class WaterTrees {}
    Schedule('garden.water-trees', timing)(WaterTrees);
  };

  it.each([
    ['0 6 * *', /WaterTrees: "0 6 \* \*" is not a cron expression .*: write minute, hour, /],
    ['0 25 * * *', /WaterTrees: "0 25 \* \* \*" is not a cron expression .*: write minute, hour, /],
    ['0 0 6 * * *', /WaterTrees: "0 0 6 \* \* \*" is not a cron expression .*: write minute, hour, /],
    ['0 0 30 2 *', /WaterTrees: "0 0 30 2 \*" never matches: write minute, hour, /],
  ])('is refused with the class and the remedy: %s', (cron, sentence) => {
    expect(() => declare({ cron })).toThrow(sentence);
  });

  it.each(['Europe/Nowhere', '', 'local'])('is refused with the class and the remedy: "%s"', (timeZone) => {
    expect(() => declare({ cron: '0 6 * * *', timeZone })).toThrow(
      `The schedule garden.water-trees of WaterTrees: "${timeZone}" is not a time zone: use one of the IANA database, such as Europe/Berlin.`,
    );
  });

  it.each([0, -1, 0.5, Number.NaN])(
    'is refused with the class and the remedy: %s seconds',
    (everySeconds) => {
      expect(() => declare({ everySeconds })).toThrow('WaterTrees: everySeconds must be a positive integer');
    },
  );
});
