import { BatchedReads } from './batched-reads';

describe('Batched reads', () => {
  function recorded(options: { batchSize?: number; concurrency?: number } = {}) {
    const batches: number[][] = [];
    const pending: (() => void)[] = [];
    const reads = new BatchedReads<number, number>(
      options.batchSize ?? 10,
      options.concurrency ?? 1,
      async (items) => {
        batches.push(items);
        await new Promise<void>((resolve) => pending.push(resolve));
        if (items.includes(13)) throw new Error('unlucky');
        return items.map((item) => item * 2);
      },
    );
    return { batches, reads, answer: () => pending.shift()!() };
  }
  const turn = () => new Promise((resolve) => setImmediate(resolve));

  it('read requests of one turn together', async () => {
    const { batches, reads, answer } = recorded();
    const asked = [1, 2, 3].map((item) => reads.run(item));
    await turn();
    answer();
    expect(await Promise.all(asked)).toEqual([2, 4, 6]);
    expect(batches).toEqual([[1, 2, 3]]);
  });

  it('collect requests while statements are running, within the limits of size and concurrency', async () => {
    const { batches, reads, answer } = recorded({ batchSize: 2, concurrency: 1 });
    const first = reads.run(1);
    await turn();
    const later = [2, 3, 4].map((item) => reads.run(item));
    await turn();
    expect(batches).toEqual([[1]]);
    answer();
    await first;
    await turn();
    answer();
    await turn();
    answer();
    expect(await Promise.all(later)).toEqual([4, 6, 8]);
    expect(batches).toEqual([[1], [2, 3], [4]]);
  });

  it('fail for one batch, and continue with the next', async () => {
    const { reads, answer } = recorded();
    const failing = [12, 13].map((item) => reads.run(item));
    await turn();
    answer();
    const outcomes = await Promise.allSettled(failing);
    expect(outcomes.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
    const next = reads.run(1);
    await turn();
    answer();
    expect(await next).toBe(2);
  });
});
