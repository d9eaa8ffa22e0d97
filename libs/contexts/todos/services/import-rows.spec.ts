import { MAX_ROWS, type FileRow } from './import-file';
import { readRows } from './import-rows';
import { readCalendar } from './import-calendar';
import { readCsv } from './import-csv';

const NOW = new Date('2026-11-21T09:00:00Z');
const WRONG = {
  title: '',
  status: 'x',
  priority: 'x',
  dueDate: 'x',
  recurrence: 'x'.repeat(1_001),
  timeZone: 'x',
  tags: [','],
  assigneeId: 'x',
  sortOrder: 'x',
  completedAt: 'x',
  createdAt: 'x',
};
const rowsOf = (length: number, values: (nr: number) => FileRow['values']): FileRow[] =>
  Array.from({ length }, (_, nr) => ({ key: null, values: values(nr) }));

/** @returns how many times the event loop served others in the meantime */
async function turnsDuring(work: () => Promise<unknown>): Promise<number> {
  let turns = 0;
  let next: NodeJS.Immediate;
  const count = () => {
    turns += 1;
    next = setImmediate(count);
  };
  next = setImmediate(count);
  await work();
  clearImmediate(next);
  return turns;
}

describe('The rows of a file', () => {
  it('are refused with the first 100 errors of the file, and the others are counted', async () => {
    const file = rowsOf(MAX_ROWS, (nr) => (nr % 2 === 0 ? WRONG : { title: 'x' }));
    const [first] = (await readRows(file.slice(0, 1), NOW)).refused;
    const each = first!.errors!.length;
    const { rows, refused, errorsOmitted } = await readRows(file, NOW);
    expect(each).toBeGreaterThan(10);
    expect([rows.length, refused.length, errorsOmitted]).toEqual([
      MAX_ROWS / 2,
      MAX_ROWS / 2,
      each * (MAX_ROWS / 2) - 100,
    ]);
    expect(refused.map(({ row }) => row)).toEqual(
      Array.from({ length: MAX_ROWS / 2 }, (_, nr) => 2 * nr + 1),
    );
    expect(refused.flatMap((outcome) => outcome.errors ?? [])).toHaveLength(100);
    expect(refused.slice(0, Math.floor(100 / each)).map((outcome) => outcome.errors)).toEqual(
      Array.from({ length: Math.floor(100 / each) }, () => first!.errors),
    );
    expect(refused.at(-1)).toEqual({ row: MAX_ROWS - 1, action: 'refused' });
  });

  it('have the time zones that exist, in any row', async () => {
    const zones = ['Europe/Berlin', 'Nowhere/Land', 'Europe/Berlin', 'Nowhere/Land'];
    const { rows, refused } = await readRows(
      rowsOf(zones.length, (nr) => ({ title: 'x', timeZone: zones[nr] })),
      NOW,
    );
    expect(rows.map(({ row }) => row)).toEqual([1, 3]);
    expect(refused).toMatchObject([2, 4].map((row) => ({ row, errors: [{ path: 'timeZone' }] })));
  });
});

describe('While a file is read, other requests run', () => {
  const titles = `title\r\n${`${'x'.repeat(98)}\r\n`.repeat(MAX_ROWS)}`;
  const calendar = ['BEGIN:VCALENDAR', ...Array.from({ length: MAX_ROWS }, () => 'BEGIN:VTODO\r\nEND:VTODO')];
  const cases: [string, number, () => Promise<unknown>][] = [
    [
      'as its rows are validated',
      400,
      () =>
        readRows(
          rowsOf(MAX_ROWS, () => WRONG),
          NOW,
        ),
    ],
    ['as a table of many rows is parsed', 60, () => readCsv([titles])],
    ['as a table without rows is parsed', 500, () => readCsv(['title\r\n'.padEnd(9_000_000, '\n')])],
    [
      'as a calendar is parsed',
      400,
      () => readCalendar([`${calendar.join('\r\n')}\r\nEND:VCALENDAR`], 'UTC'),
    ],
  ];

  it.each(cases)('%s: at least %d times', async (_name, times, read) => {
    expect(await turnsDuring(read)).toBeGreaterThanOrEqual(times);
  });

  it('and files that are read at the same time do not share a turn', async () => {
    const read = () =>
      readRows(
        rowsOf(1_000, () => WRONG),
        NOW,
      );
    const one = await turnsDuring(read);
    expect(await turnsDuring(() => Promise.all(Array.from({ length: 10 }, read)))).toBeGreaterThan(9 * one);
  });
});
