import ICAL from 'ical.js';
import { newId } from '@rookery/domain';
import { assert, constantFrom, property, string } from 'fast-check';
import { CALENDAR_BEGIN, CALENDAR_END, calendarTodo } from './calendar';
import type { TodoView } from './todo';

/** Its fields alone. */
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

/** @returns the only todo of a calendar, as a parser that is not ours reads it */
function read(todo: Plain): ICAL.Component {
  const calendar = new ICAL.Component(
    ICAL.parse(CALENDAR_BEGIN + calendarTodo(todo) + CALENDAR_END) as unknown[],
  );
  const all = calendar.getAllSubcomponents();
  expect(all.map(({ name }) => name)).toEqual(['vtodo']);
  return all[0]!;
}
const value = (component: ICAL.Component, name: string) => String(component.getFirstPropertyValue(name));

describe('A todo in a calendar', () => {
  it('has what calendars know', () => {
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

  it('cannot be left by a text, whatever it says', () => {
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
        const text = CALENDAR_BEGIN + calendarTodo({ ...TODO, title }) + CALENDAR_END;
        for (const line of text.split('\r\n')) expect(Buffer.byteLength(line)).toBeLessThanOrEqual(75);
        // oxlint-disable-next-line no-control-regex -- what no calendar may hold
        const plain = title.replace(/\r\n?/g, '\n').replace(/[\u0000-\u0009\u000b-\u001f]/g, ' ');
        expect(read({ ...TODO, title }).getFirstPropertyValue('summary')).toBe(plain);
      }),
      { numRuns: 200 },
    );
  });
});
