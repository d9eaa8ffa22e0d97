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
    block(6_000);
    expect(await Promise.all(rows)).toEqual(rows.map(() => ({ one: 1 })));
  });

  it('statements whose results have arrived do not fail', async () => {
    await Promise.all([one(), one()]);
    const rows = [one(), withWorkContext({ ...workContext(), waitBudget: new WaitBudget(4_500) }, one)];
    await new Promise((resolve) => setImmediate(resolve)); // they are sent
    block(8_500);
    expect(await Promise.all(rows)).toEqual(rows.map(() => ({ one: 1 })));
  });

  function block(ms: number): void {
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);
  }
});
