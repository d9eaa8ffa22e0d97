import { AsyncLocalStorage } from 'node:async_hooks';

interface Call<Item, Result> {
  item: Item;
  resolve: (result: Result) => void;
  reject: (error: unknown) => void;
}

/**
 * Batches calls of the same turn of the event loop, so that many share the cost of one transaction. It does not wait
 * for more: a single call runs alone. Batches run outside of the callers' contexts: the context of one caller, such as
 * its transaction or its wait budget, must not affect the others.
 */
export class TickBatcher<Item, Result> {
  private calls: Call<Item, Result>[] = [];
  private readonly inNoContext = AsyncLocalStorage.snapshot();

  /** @param work returns a result for each item; if it fails for several, it is called again for each one alone */
  constructor(private readonly work: (items: Item[]) => Promise<Result[]>) {}

  /** @returns the item's result */
  run(item: Item): Promise<Result> {
    return new Promise((resolve, reject) => {
      this.calls.push({ item, resolve, reject });
      if (this.calls.length === 1) setImmediate(() => this.runWaiting());
    });
  }

  private runWaiting(): void {
    this.inNoContext(() => void this.runAll(this.calls.splice(0)));
  }

  private async runAll(calls: Call<Item, Result>[]): Promise<void> {
    try {
      const results = await this.work(calls.map(({ item }) => item));
      calls.forEach(({ resolve }, index) => resolve(results[index]!));
    } catch (error) {
      if (calls.length === 1) calls[0]!.reject(error);
      else await Promise.all(calls.map((call) => this.runAll([call])));
    }
  }
}
