import { AsyncLocalStorage } from 'node:async_hooks';
import { TickBatcher } from './tick-batcher';

describe('Calls of one turn of the event loop', () => {
  it('run together, and in the context of none of them', async () => {
    const caller = new AsyncLocalStorage<string>();
    const batches: { items: string[]; of: string | undefined }[] = [];
    const batcher = new TickBatcher(async (items: string[]) => {
      batches.push({ items, of: caller.getStore() });
      if (items.length > 1) throw new Error('one of them fails');
      return items.map((item) => `${item} done`);
    });
    const call = (item: string) => caller.run(item, () => batcher.run(item));
    expect(await Promise.all([call('a'), call('b')])).toEqual(['a done', 'b done']);
    expect(batches).toEqual([
      { items: ['a', 'b'], of: undefined },
      { items: ['a'], of: undefined },
      { items: ['b'], of: undefined },
    ]);
  });
});
