import { csvOf, CSV_HEADER } from '../views/todo-csv';
import type { TodoView } from '../views/todo';
import { readCsv } from './import-csv';
import { MAX_ROWS } from './import-file';

const refusal = (path: string, code: string) => ({
  definition: { code: 'request.invalid' },
  options: { errors: [expect.objectContaining({ path, code })] },
});

describe('A table of todos', () => {
  it('is read in any order of its columns, and what is empty is nothing', async () => {
    const text =
      '\uFEFFpriority,title,tags,dueDate,id,sortOrder,updatedAt\r\nhigh,"a,\n""b""","x, y ,",,7,-3,now\n,c,,,,z,\n';
    expect(await readCsv(text)).toEqual([
      {
        key: '7',
        values: { priority: 'high', title: 'a,\n"b"', tags: ['x', 'y'], dueDate: null, sortOrder: -3 },
      },
      { key: null, values: { title: 'c', tags: [], dueDate: null, sortOrder: 'z' } },
    ]);
  });

  it.each(['=1+1', "'=1+1", "''@x", "it's", "'quoted'", '-', '\t', '\n+', '＝x', ' =1'])(
    'gives back the text %j that an export wrote',
    async (title) => {
      const todo = { title, tags: [], sortOrder: -5 } as unknown as TodoView;
      const [row] = await readCsv(CSV_HEADER + csvOf([todo]));
      expect(row!.values).toMatchObject({ title, sortOrder: -5 });
    },
  );

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
    await expect(readCsv(text)).rejects.toMatchObject(refusal(path, code));
  });
});
