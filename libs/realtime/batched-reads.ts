import { AsyncLocalStorage } from 'node:async_hooks';

interface Call<Item, Result> {
  item: Item;
  resolve: (result: Result) => void;
  reject: (error: unknown) => void;
}

/**
 * Reads for many callers with few statements. Requests of one turn of the event loop are read together. Requests that
 * arrive while enough statements are running wait for the next one, so that a burst of hints makes batches larger
 * instead of using more connections.
 */
export class BatchedReads<Item, Result> {
  private readonly waiting: Call<Item, Result>[] = [];
  private readonly inNoContext = AsyncLocalStorage.snapshot();
  private running = 0;
  private scheduled = false;

  /**
   * @param batchSize maximum items of a statement
   * @param concurrency maximum statements at the same time
   * @param read returns a result for each item; if it fails, it fails for all of them
   */
  constructor(
    private readonly batchSize: number,
    private readonly concurrency: number,
    private readonly read: (items: Item[]) => Promise<Result[]>,
  ) {}

  /** @returns the item's result */
  run(item: Item): Promise<Result> {
    return new Promise((resolve, reject) => {
      this.waiting.push({ item, resolve, reject });
      if (this.scheduled) return;
      this.scheduled = true;
      setImmediate(() => {
        this.scheduled = false;
        this.inNoContext(() => this.start());
      });
    });
  }

  private start(): void {
    while (this.running < this.concurrency && this.waiting.length > 0)
      void this.readBatch(this.waiting.splice(0, this.batchSize));
  }

  private async readBatch(calls: Call<Item, Result>[]): Promise<void> {
    this.running += 1;
    try {
      const results = await this.read(calls.map(({ item }) => item));
      calls.forEach(({ resolve }, index) => resolve(results[index]!));
    } catch (error) {
      for (const { reject } of calls) reject(error);
    } finally {
      this.running -= 1;
      this.start();
    }
  }
}
