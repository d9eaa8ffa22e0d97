import { MAX_TAGS } from '../model/todo';
import { csvOf, CSV_HEADER } from '../views/todo-csv';
import type { TodoView } from '../views/todo';
import { readCsv } from './import-csv';
import { MAX_ROW_LENGTH, MAX_ROWS } from './import-file';

const refusal = (path: string, code: string) => ({
  definition: { code: 'request.invalid' },
  options: { errors: [expect.objectContaining({ path, code })] },
});

describe('A CSV file of todos', () => {
  it('can have its columns in any order, and its empty cells clear or skip a field', async () => {
    const text =
      '\uFEFFpriority,title,tags,dueDate,id,sortOrder,updatedAt\r\nhigh,"a,\n""b""","x, y ,",,7,-3,now\n,c,,,,z,\n';
    expect(await readCsv([text])).toEqual([
      {
        key: '7',
        values: { priority: 'high', title: 'a,\n"b"', tags: ['x', 'y'], dueDate: null, sortOrder: -3 },
      },
      { key: null, values: { title: 'c', tags: [], dueDate: null, sortOrder: 'z' } },
    ]);
  });

  it.each(['=1+1', "'=1+1", "''@x", "it's", "'quoted'", '-', '\t', '\n+', '＝x', ' =1'])(
    'returns the text %j as it was before the export',
    async (title) => {
      const todo = { title, tags: [], sortOrder: -5 } as unknown as TodoView;
      const [row] = await readCsv([CSV_HEADER + csvOf([todo])]);
      expect(row!.values).toMatchObject({ title, sortOrder: -5 });
    },
  );

  it.each([1, 2, 3, 7])('is the same in chunks of %d characters', async (length) => {
    const text = '\uFEFFid,title,tags\r\n1,"Two\r\nlines, ""quoted""","a,b"\r\n\r\n2,Ä😀,\r\n3,last,x';
    const pieces = text.match(new RegExp(`[^]{1,${length}}`, 'gu'))!;
    expect(pieces.length).toBeGreaterThan(5);
    expect(await readCsv(pieces)).toEqual(await readCsv([text]));
  });

  it('has only as many tags in a row as validation needs to refuse it', async () => {
    const [row, other] = await readCsv([
      `title,tags\na,"${'ab,'.repeat(20_000)}"\nb,"${' ,'.repeat(5_000)}home"`,
    ]);
    expect(row!.values.tags).toEqual(Array.from({ length: MAX_TAGS + 1 }, () => 'ab'));
    expect(other!.values.tags).toEqual(['home']);
  });

  it('is not read further after an error', async () => {
    let read = 0;
    function* endless() {
      yield 'title\r\n';
      for (; read < 10_000; read += 1) yield 'a,b\r\n'.repeat(100);
    }
    await expect(readCsv(endless())).rejects.toMatchObject(refusal('rows.1', 'custom'));
    expect(read).toBeLessThan(1_000);
  });

  it.each([
    ['', 'title', 'required'],
    ['id,status\r\n', 'title', 'required'],
    ['title,title\r\n', 'title', 'unique'],
    ['title,password\r\n', 'password', 'unknown'],
    ['title,__proto__\r\n', '__proto__', 'unknown'],
    ['title\r\nfine\r\n"never closed\r\nmore', 'rows.2', 'custom'],
    ['title\r\na,b\r\n', 'rows.1', 'custom'],
    [`title\r\n${'x'.repeat(1_000_000)}`, 'rows.1', 'custom'],
    ['title\r\n"a"b\r\n', 'rows.1', 'custom'],
    [`title\r\n${'x\r\n'.repeat(MAX_ROWS + 1)}`, 'rows', 'length'],
  ])('is refused as a whole: %.30j', async (text, path, code) => {
    await expect(readCsv([text])).rejects.toMatchObject(refusal(path, code));
  });

  it.each([
    ['rows.1 has 1 cell. The first line has 2.', 'title,status\r\na\r\n'],
    ['rows.2 has 3 cells. The first line has 1.', 'title\r\na\r\nb,c,d\r\n'],
    ['rows.1 has a quote that is not closed.', 'title\r\n"never closed\r\nmore'],
    ['rows.1 has text after a closing quote.', 'title\r\n"a"b\r\n'],
    ['rows.1 has a quote in a cell that is not quoted.', 'title\r\na "b"\r\n'],
    [
      'rows.1 is longer than 64000 bytes. Check that every quote is closed.',
      `title\r\n${'x'.repeat(MAX_ROW_LENGTH + 2)}`,
    ],
    [
      'rows.1 is longer than 64000 bytes. Check that every quote is closed.',
      `title\r\n"${'x\r\n'.repeat(MAX_ROW_LENGTH)}`,
    ],
    ['The first line has a quote that is not closed.', '"title\r\nmore'],
  ])('says what is wrong: %s', async (message, text) => {
    const errors = [expect.objectContaining({ message })];
    await expect(readCsv([text])).rejects.toMatchObject({ message, options: { errors } });
  });
});
