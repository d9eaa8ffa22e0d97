import { SilentProxy } from '@rookery/testing/proxy';
import { TestLedger } from '@rookery/testing/ledger';
import { isDatabaseUnavailable, Sql, Transaction } from '.';

describe('When PostgreSQL stops responding without closing its connections', () => {
  let ledger: TestLedger;
  let proxy: SilentProxy;

  beforeAll(async () => {
    ledger = await TestLedger.start({
      poolSize: 2,
      async reach(url) {
        const before = await SilentProxy.before(url);
        proxy = before.proxy;
        return before.url;
      },
    });
  });
  afterAll(async () => {
    await ledger.stop();
    await proxy.stop();
  });

  it('waiting callers get an error, and the pool replaces the connections', async () => {
    const sql = ledger.get(Sql);
    const query = () => sql.row('SELECT pg_sleep(0.05)');
    await Promise.all([query(), query()]);
    proxy.silence();
    const failures = await Promise.all(
      [query(), ledger.get(Transaction).run(query)].map((each) => each.catch((error: unknown) => error)),
    );
    expect(failures.map(isDatabaseUnavailable)).toEqual([true, true]);
    await Promise.all([query(), ledger.get(Transaction).run(query)]);
  });
});
