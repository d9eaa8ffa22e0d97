import { csvOf } from './todo-csv';
import type { TodoView } from './todo';

const todo = (own: Partial<TodoView>) => ({ id: '1', tags: [], ...own }) as unknown as TodoView;

describe('Todos as CSV', () => {
  it.each(['=1+1', '+1', '-1', '@SUM(A1)', '\t=1', '\r=1', '\n=1', "'=1", '＝1', '＋1', '－1', '＠1'])(
    'contain no formulas: %j stays a text',
    (title) => {
      const [, cell] = /^1,(?:"?)('?)/.exec(csvOf([todo({ title })]))!;
      expect(cell).toBe("'");
    },
  );

  it('quote characters that would end a field or a line', () => {
    const text = csvOf([todo({ title: 'a,b', description: 'say "hi"\nthere' }), todo({ title: 'plain' })]);
    expect(text).toBe('1,"a,b","say ""hi""\nthere",,,,,,,,,,,,,,\r\n1,plain,,,,,,,,,,,,,,,\r\n');
  });
});
