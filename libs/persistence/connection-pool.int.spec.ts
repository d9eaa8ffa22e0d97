import { WaitBudget, withWorkContext, workContext } from '@rookery/observability';
import { TestLedger } from '@rookery/testing/ledger';
import { Sql, Transaction } from '.';

describe('When the event loop was blocked', () => {
  let ledger: TestLedger;
  beforeAll(async () => {
    ledger = await TestLedger.start();
  });
  afterAll(() => ledger.stop());

  const one = () => ledger.get(Sql).row('SELECT 1 AS one');

  it('callers get the connections that were being opened', async () => {
    const rows = [one(), one(), one(), ledger.get(Transaction).run(one)];
    block(2_500);
    expect(await Promise.all(rows)).toEqual(rows.map(() => ({ one: 1 })));
  });

  it('a statement whose result has arrived does not fail', async () => {
    await one();
    const row = withWorkContext({ ...workContext(), waitBudget: new WaitBudget(1_500) }, one);
    await new Promise((resolve) => setImmediate(resolve)); // it is sent
    block(2_000);
    expect(await row).toEqual({ one: 1 });
  });

  function block(ms: number): void {
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);
  }
});
