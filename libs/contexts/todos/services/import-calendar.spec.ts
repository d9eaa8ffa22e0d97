import { MAX_TAGS } from '../model/todo';
import { readCalendar } from './import-calendar';
import { MAX_ROWS } from './import-file';

const calendar = (...lines: string[]) =>
  ['BEGIN:VCALENDAR', 'VERSION:2.0', ...lines, 'END:VCALENDAR', ''].join('\r\n');
const todo = (...lines: string[]) => ['BEGIN:VTODO', ...lines, 'END:VTODO'];
const read = (...lines: string[]) => readCalendar([calendar(...lines)], 'Europe/Berlin');
const values = async (...lines: string[]) => (await read(...todo(...lines)))[0]!.values;

describe('A calendar', () => {
  it('is read as todos, and other content is ignored', async () => {
    const rows = await read(
      'BEGIN:VEVENT',
      'SUMMARY:No todo',
      'END:VEVENT',
      ...todo(
        'UID:one@phone',
        'SUMMARY:Water the',
        '  plants\\, twice',
        'STATUS:CANCELLED',
        'PRIORITY:2',
        'DUE;TZID=America/New_York:20270131T160000',
        'CATEGORIES:home,field work',
        'CATEGORIES:home',
        'RELATED-TO;RELTYPE=SIBLING:two',
        'RELATED-TO:parent',
        'BEGIN:VALARM',
        'TRIGGER:-PT5M',
        'SUMMARY:Not this one',
        'END:VALARM',
      ),
    );
    expect(rows).toEqual([
      {
        key: 'one@phone',
        coarse: true,
        values: {
          title: 'Water the plants, twice',
          description: null,
          status: 'ARCHIVED',
          priority: 'high',
          dueDate: '2027-01-31T21:00:00.000Z',
          timeZone: 'America/New_York',
          recurrence: null,
          tags: ['home', 'field work'],
          parentId: 'parent',
        },
      },
    ]);
  });

  it.each([
    ['DUE:20270131T160000Z', '2027-01-31T16:00:00.000Z'],
    ['DUE:20270131T160000', '2027-01-31T15:00:00.000Z'],
    ['DUE;VALUE=DATE:20270131', '2027-01-31T22:59:00.000Z'],
    ['DTSTART:20270131T160000Z', '2027-01-31T16:00:00.000Z'],
    ['SUMMARY:none', null],
  ])('has a due date with %s', async (line, dueDate) => {
    expect(await values(line)).toMatchObject({ dueDate });
  });

  it.each([
    ['DUE:20270231T160000Z', '2027-02-31T16:00:00Z'],
    ['DUE;TZID=Nowhere/Land:20270131T160000', '2027-01-31T16:00:00'],
  ])('has an invalid due date with %s, which is kept for validation', async (line, dueDate) => {
    expect(await values(line)).toMatchObject({ dueDate });
  });

  it.each([
    ['FREQ=WEEKLY;BYDAY=MO,FR', 'FREQ=WEEKLY;BYDAY=MO,FR'],
    ['FREQ=DAILY;UNTIL=20280101T000000Z', 'FREQ=DAILY;UNTIL=20280101T000000Z'],
    ['FREQ=SECONDLY;COUNT=999999999', 'FREQ=SECONDLY;COUNT=999999999'],
  ])('keeps the rule %s and does not evaluate it', async (rule, recurrence) => {
    expect(await values('DTSTART:20270131T160000Z', `RRULE:${rule}`)).toMatchObject({ recurrence });
  });

  it('reports an invalid component, and reads the others', async () => {
    const rows = await read(
      ...todo('no colon'),
      ...todo('RRULE:FREQ=DAILY;BYSECOND=99'),
      ...todo(...Array.from({ length: 1_000 }, () => 'BEGIN:VALARM')),
      ...todo('SUMMARY:Fine'),
    );
    expect(rows.map(({ error, values: { title } }) => error?.code ?? title)).toEqual([
      'custom',
      'custom',
      'custom',
      'Fine',
    ]);
  });

  it.each([1, 2, 3, 7, 40])('is the same in chunks of %d characters', async (length) => {
    const text = calendar(
      'X-LONG:'.padEnd(100, 'BEGIN:VTODO'),
      ...todo('UID:1', 'SUMMARY:Fold', ' ed', 'DUE:20270131T160000Z'),
      'BEGIN:VEVENT',
      'END:VEVENT',
      ...todo('SUMMARY:Ä😀'),
    ).trimEnd();
    const pieces = text.match(new RegExp(`[^]{1,${length}}`, 'gu'))!;
    expect(await readCalendar(pieces, 'UTC')).toEqual(await readCalendar([text], 'UTC'));
    expect(await readCalendar(pieces, 'UTC')).toMatchObject([
      { values: { title: 'Folded' } },
      { values: { title: 'Ä😀' } },
    ]);
  });

  it('has only as many tags in a todo as validation needs to refuse it', async () => {
    const names = Array.from({ length: 10_000 }, (_, nr) => nr);
    expect((await values(`CATEGORIES:${names.join()}`)).tags).toEqual(
      names.slice(0, MAX_TAGS + 1).map(String),
    );
  });

  it('is not read further after an error', async () => {
    let taken = 0;
    function* endless() {
      yield calendar('BEGIN:VTODO').replace('END:VCALENDAR', 'X-ENDLESS:');
      for (; taken < 100; taken += 1) yield 'x'.repeat(10_000);
    }
    await expect(readCalendar(endless(), 'UTC')).rejects.toMatchObject({
      options: { errors: [expect.objectContaining({ path: 'rows.1', code: 'custom' })] },
    });
    expect(taken).toBeLessThan(10);
  });

  it('is read quickly with 100,000 events that are not todos', async () => {
    const events = 'BEGIN:VEVENT\r\nUID:1\r\nRRULE:FREQ=DAILY\r\nEND:VEVENT'.concat('\r\n').repeat(100_000);
    expect(await read(events, ...todo('SUMMARY:Fine'))).toMatchObject([{ values: { title: 'Fine' } }]);
  });

  it.each([
    ['no calendar', 'title\r\nx', 'rows.1', 'custom'],
    ['one line of 10 MB', 'x'.repeat(10_000_000), 'rows.1', 'custom'],
    ['a todo that does not end', calendar('BEGIN:VTODO', 'SUMMARY:a'), 'rows.1', 'custom'],
    ['a todo in a todo', calendar('BEGIN:VTODO', ...todo()), 'rows.1', 'custom'],
    ['a todo of one long line', calendar(...todo(`SUMMARY:${'x'.repeat(1_000_000)}`)), 'rows.1', 'custom'],
    ['deep folding', calendar(...todo(`SUMMARY:a${'\r\n b'.repeat(50_000)}`)), 'rows.1', 'custom'],
    [
      'too many todos',
      calendar(...Array.from({ length: MAX_ROWS + 1 }, () => todo()).flat()),
      'rows',
      'length',
    ],
  ])('is refused as a whole: %s', async (_name, text, path, code) => {
    await expect(readCalendar([text], 'UTC')).rejects.toMatchObject({
      definition: { code: 'request.invalid' },
      options: { errors: [expect.objectContaining({ path, code })] },
    });
  });
});
