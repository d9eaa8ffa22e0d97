import { NIL_UUID } from '@rookery/domain';
import { pages, pagesById } from '.';

describe('Pages', () => {
  const numbers = (count: number) => Array.from({ length: count }, (_, index) => index + 1);

  it.each([
    [0, [0]],
    [1, [1]],
    [3, [3, 0]],
    [7, [3, 3, 1]],
  ])('of %d entries hold all of them once: %j', async (count, sizes) => {
    const asked: number[] = [];
    const read = async (after: number, limit: number) => {
      asked.push(after);
      return numbers(count).slice(after, after + limit);
    };
    const found: (readonly number[])[] = [];
    for await (const page of pages(3, 0, read, (each) => each)) found.push(page);
    expect(found.map(({ length }) => length)).toEqual(sizes);
    expect(found.flat()).toEqual(numbers(count));
    expect(asked).toHaveLength(sizes.length);
  });

  it('by id begin before every id', async () => {
    const asked: string[] = [];
    const read = async (after: string) => {
      asked.push(after);
      return asked.length === 1 ? [{ id: 'a' }] : [];
    };
    const walk = pagesById(1, read);
    await walk.next();
    await walk.next();
    expect(asked).toEqual([NIL_UUID, 'a']);
  });
});
