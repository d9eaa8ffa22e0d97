import { DEFAULT_SETTINGS, type Settings } from '../model/settings';
import { nextDigest, quietUntil } from './local-time';

const berlin = (own: Partial<Settings> = {}): Settings => ({
  ...DEFAULT_SETTINGS,
  quietHours: { from: '22:00', to: '07:00' },
  ...own,
});
const until = (settings: Settings, now: string) =>
  quietUntil(settings, 'Europe/Berlin', new Date(now))?.toISOString();

describe('Quiet hours', () => {
  it.each([
    ['in the evening', '2026-01-10T21:30:00Z', '2026-01-11T06:00:00.000Z'],
    ['after midnight', '2026-01-11T01:00:00Z', '2026-01-11T06:00:00.000Z'],
    ['from their first minute on', '2026-01-10T21:00:00Z', '2026-01-11T06:00:00.000Z'],
    ['until the minute before they end', '2026-01-11T05:59:59Z', '2026-01-11T06:00:00.000Z'],
    ['an hour earlier in summer', '2026-07-10T20:30:00Z', '2026-07-11T05:00:00.000Z'],
    ['in the night in which clocks are put forward', '2026-03-28T23:00:00Z', '2026-03-29T05:00:00.000Z'],
    ['in the night in which clocks are put back', '2026-10-24T22:00:00Z', '2026-10-25T06:00:00.000Z'],
  ])('apply %s', (_, now, end) => {
    expect(until(berlin(), now)).toBe(end);
  });

  it.each(['2026-01-11T06:00:00Z', '2026-01-11T12:00:00Z', '2026-01-11T20:59:59Z'])(
    'do not apply at %s',
    (now) => {
      expect(until(berlin(), now)).toBeUndefined();
    },
  );

  it('can begin and end on the same day', () => {
    const settings = berlin({ quietHours: { from: '12:00', to: '13:30' } });
    expect(until(settings, '2026-01-10T11:30:00Z')).toBe('2026-01-10T12:30:00.000Z');
    expect(until(settings, '2026-01-10T12:30:00Z')).toBeUndefined();
    expect(until(settings, '2026-01-10T10:59:00Z')).toBeUndefined();
  });

  it('end after the gap if clocks skip their end', () => {
    const settings = berlin({ quietHours: { from: '22:00', to: '02:30' } });
    expect(until(settings, '2026-03-29T00:30:00Z')).toBe('2026-03-29T01:30:00.000Z'); // 03:30 in summer time
  });

  it('never apply if there are none', () => {
    expect(until(berlin({ quietHours: null }), '2026-01-10T22:30:00Z')).toBeUndefined();
  });
});

describe('The next digest', () => {
  const due = (settings: Settings, now: string) =>
    nextDigest(settings, 'Europe/Berlin', new Date(now)).toISOString();

  it.each([
    ['later that morning', '2026-01-10T06:59:59Z', '2026-01-10T07:00:00.000Z'],
    ['the next morning', '2026-01-10T07:00:00Z', '2026-01-11T07:00:00.000Z'],
    [
      'at the same time of day when clocks are put forward',
      '2026-03-28T07:00:00Z',
      '2026-03-29T06:00:00.000Z',
    ],
    ['at the same time of day when clocks are put back', '2026-10-24T06:00:00Z', '2026-10-25T07:00:00.000Z'],
  ])('is %s', (_, now, expected) => {
    expect(due(berlin(), now)).toBe(expected);
  });

  it('is on Monday morning if it is weekly', () => {
    const weekly = berlin({ digest: 'weekly' });
    expect(due(weekly, '2026-03-25T12:00:00Z')).toBe('2026-03-30T06:00:00.000Z');
    expect(due(weekly, '2026-03-30T05:59:59Z')).toBe('2026-03-30T06:00:00.000Z');
    expect(due(weekly, '2026-03-30T06:00:00Z')).toBe('2026-04-06T06:00:00.000Z');
  });
});
