import ICAL from 'ical.js';
import { newId } from '@rookery/domain';
import { assert, constantFrom, property, string } from 'fast-check';
import { CALENDAR_BEGIN, CALENDAR_END, calendarTodo } from './calendar';
import { nextAfter } from '../services/cadence';
import type { TodoView } from './todo';

/** Only the fields of a todo. */
type Plain = Pick<TodoView, keyof TodoView>;

const now = new Date('2027-01-30T08:00:00.000Z');
const TODO: Plain = {
  id: newId(),
  workspaceId: newId(),
  title: 'Water the plants',
  description: null,
  status: 'PENDING',
  priority: 'high',
  dueDate: new Date('2027-01-31T16:00:00.000Z'),
  parentId: null,
  categoryId: null,
  tags: [],
  recurrence: null,
  timeZone: null,
  nextId: null,
  assigneeId: null,
  authorId: null,
  sortOrder: 0,
  color: null,
  difficulty: null,
  completedAt: null,
  completedBy: null,
  createdAt: now,
  updatedAt: now,
  version: 3,
};

/** @returns the only todo of a calendar, read by an independent parser */
function read(todo: Plain): ICAL.Component {
  const calendar = new ICAL.Component(
    ICAL.parse(CALENDAR_BEGIN + calendarTodo(todo, new Set()) + CALENDAR_END) as unknown[],
  );
  const all = calendar.getAllSubcomponents();
  expect(all.map(({ name }) => name)).toEqual(['vtodo']);
  return all[0]!;
}
const value = (component: ICAL.Component, name: string) => String(component.getFirstPropertyValue(name));

describe('A todo in a calendar', () => {
  it('uses UTC if the calendar already describes fifty time zones', () => {
    const zones = new Set<string>();
    const all = Intl.supportedValuesOf('timeZone').filter((zone) => zone !== 'UTC');
    const text = all
      .slice(0, 60)
      .map((timeZone) => calendarTodo({ ...TODO, recurrence: 'FREQ=WEEKLY', timeZone }, zones))
      .join('');
    expect([...text.matchAll(/BEGIN:VTIMEZONE/g)]).toHaveLength(50);
    expect([...text.matchAll(/DTSTART:\d+T\d+Z/g)]).toHaveLength(10);
  });

  it('has the properties that calendars support', () => {
    const component = read({
      ...TODO,
      description: 'Twice, please;\nthe ferns\\palms too',
      status: 'COMPLETED',
      completedAt: now,
      tags: [
        { id: newId(), name: 'home' },
        { id: newId(), name: 'a,b' },
      ],
    });
    expect(value(component, 'uid')).toBe(TODO.id);
    expect(value(component, 'description')).toBe('Twice, please;\nthe ferns\\palms too');
    expect(value(component, 'status')).toBe('COMPLETED');
    expect(value(component, 'priority')).toBe('1');
    expect(value(component, 'due')).toBe('2027-01-31T16:00:00Z');
    expect(value(component, 'completed')).toBe('2027-01-30T08:00:00Z');
    expect(component.getFirstProperty('categories')!.getValues()).toEqual(['home', 'a,b']);
  });

  it('recurs', () => {
    const component = read({ ...TODO, recurrence: 'FREQ=WEEKLY;BYDAY=MO,FR' });
    expect(value(component, 'rrule')).toBe('FREQ=WEEKLY;BYDAY=MO,FR');
    expect(value(component, 'dtstart')).toBe('2027-01-31T16:00:00Z');
  });

  it.each([
    ['Europe/Berlin', '2027-03-21T16:30:00Z', 'FREQ=WEEKLY'],
    ['Europe/Berlin', '2027-10-24T22:30:00Z', 'FREQ=WEEKLY;BYDAY=MO'], // Sunday in UTC
    ['America/New_York', '2027-10-30T01:15:00Z', 'FREQ=WEEKLY;COUNT=4'],
    ['Australia/Lord_Howe', '2027-09-25T22:00:00Z', 'FREQ=WEEKLY'],
    ['America/Santiago', '2027-08-31T12:00:00Z', 'FREQ=WEEKLY'],
    ['Africa/Casablanca', '2026-02-06T08:00:00Z', 'FREQ=WEEKLY'],
    ['Africa/Cairo', '2027-10-22T20:00:00Z', 'FREQ=WEEKLY'],
    ['Asia/Tokyo', '2027-03-21T16:30:00Z', 'FREQ=MONTHLY'],
    ['Europe/Dublin', '2040-10-21T08:00:00Z', 'FREQ=WEEKLY;UNTIL=20401104'],
    ['+05:30', '2027-03-21T16:30:00Z', 'FREQ=DAILY'],
    ['UTC', '2027-03-21T16:30:00Z', 'FREQ=WEEKLY'],
  ])('recurs in the time zone %s from %s, with %s', (timeZone, due, recurrence) => {
    const start = new Date(due);
    const series = { rule: recurrence, start, timeZone };
    const expected = [start];
    for (let next = nextAfter(series, start); next && expected.length < 6; next = nextAfter(series, next))
      expected.push(next);
    const written = calendarTodo({ ...TODO, dueDate: start, recurrence, timeZone }, new Set());
    const calendar = new ICAL.Component(ICAL.parse(CALENDAR_BEGIN + written + CALENDAR_END) as unknown[]);
    for (const zone of calendar.getAllSubcomponents('vtimezone')) ICAL.TimezoneService.register(zone);
    const component = calendar.getFirstSubcomponent('vtodo')!;
    const first = component.getFirstPropertyValue('dtstart') as ICAL.Time;
    const dates = (component.getFirstPropertyValue('rrule') as ICAL.Recur).iterator(first);
    const found: Date[] = [];
    for (let date = dates.next(); date && found.length < 6; date = dates.next()) found.push(date.toJSDate());
    expect(found).toEqual(expected);
  });

  it('is preceded by its time zone, once in a calendar', () => {
    const zones = new Set<string>();
    const series = { ...TODO, recurrence: 'FREQ=DAILY', timeZone: 'Europe/Berlin' };
    const text = calendarTodo(series, zones) + calendarTodo(series, zones);
    expect(text.match(/^BEGIN:(?!STANDARD|DAYLIGHT).*$/gm)).toEqual([
      'BEGIN:VTIMEZONE',
      'BEGIN:VTODO',
      'BEGIN:VTODO',
    ]);
    expect(text).toContain('RRULE:FREQ=YEARLY;BYMONTH=3;BYDAY=-1SU');
  });

  it('cannot be ended by any text in it', () => {
    const parts = string({
      unit: constantFrom(
        'a',
        'ü',
        '🌱',
        '\r',
        '\n',
        '\\',
        ';',
        ',',
        ':',
        '"',
        '\u0000',
        '\u001b',
        'END:VTODO',
        ' ',
      ),
      maxLength: 120,
    });
    assert(
      property(parts, (title) => {
        const text = CALENDAR_BEGIN + calendarTodo({ ...TODO, title }, new Set()) + CALENDAR_END;
        for (const line of text.split('\r\n')) expect(Buffer.byteLength(line)).toBeLessThanOrEqual(75);
        // oxlint-disable-next-line no-control-regex -- characters that a calendar cannot contain
        const plain = title.replace(/\r\n?/g, '\n').replace(/[\u0000-\u0009\u000b-\u001f]/g, ' ');
        expect(read({ ...TODO, title }).getFirstPropertyValue('summary')).toBe(plain);
      }),
      { numRuns: 200 },
    );
  });
});
