import { Injectable } from '@nestjs/common';
import { contexts } from '@rookery/contexts';
import { newId } from '@rookery/domain';
import { Queues, Snooze, Subscriber } from '@rookery/messaging';
import { Transaction } from '@rookery/persistence';
import { enroll } from '@rookery/contexts/identity/testing';
import { eventually } from '@rookery/testing';
import { contextOf } from '@rookery/testing/context';
import { ownSystem } from '@rookery/testing/own-system';
import { AccountCopy, accountChanges, Accounts, CopiesAccounts } from '../contract';

@Injectable()
class Gardeners extends AccountCopy('garden.gardeners') {}

@Subscriber('garden.copy-gardeners', accountChanges, { queue: Queues.projections })
class CopyGardeners extends CopiesAccounts {
  // oxlint-disable-next-line no-useless-constructor -- it declares which copy is injected
  constructor(copy: Gardeners, accounts: Accounts) {
    super(copy, accounts);
  }
}

const garden = contextOf('garden', { providers: [Gardeners], subscribers: [CopyGardeners] });

describe('A copy of accounts', () => {
  const system = ownSystem([...contexts, garden]);
  let ids: [string, string];

  beforeAll(async () => {
    await system.sql('CREATE SCHEMA garden');
    await system.sql('CREATE TABLE garden.gardeners (LIKE social.people INCLUDING ALL)');
  });

  const copies = () =>
    system.sql<{ id: string }>('SELECT id FROM garden.gardeners WHERE id = ANY ($1) ORDER BY id', [ids]);

  beforeEach(async () => {
    const people = await Promise.all([enroll(system), enroll(system)]);
    ids = people.map(({ id }) => id).sort() as [string, string];
    await eventually(async () => (await copies()).length === 2);
    await eventually(async () => {
      const open = await system.sql(
        `SELECT 1 FROM messaging.event_delivery WHERE subject = ANY ($1) AND state = 'pending'`,
        [ids],
      );
      return open.length === 0;
    });
    await system.sql('DELETE FROM garden.gardeners WHERE id = ANY ($1)', [ids]);
  });

  it('is made immediately if it is needed before the event has arrived', async () => {
    await system.inApi(Transaction).run(() => system.inApi(Gardeners).ensure(...ids));
    expect(await copies()).toHaveLength(2);
  });

  it('is never made of a nonexistent account', async () => {
    const ensuring = system.inApi(Transaction).run(() => system.inApi(Gardeners).ensure(ids[0], newId()));
    await expect(ensuring).rejects.toMatchObject({ code: 'resource.not-found' });
    expect(await copies()).toEqual([]);
  });

  it('does not block transactions for other accounts', async () => {
    await system.inWorker(Transaction).run(async () => {
      await system.inWorker(Gardeners).copy([ids[0]]);
      await system.inApi(Transaction).run(() => system.inApi(Gardeners).ensure(ids[1]));
    });
    expect(await copies()).toHaveLength(2);
  });

  it('prevents deadlocks of two transactions for the same accounts', async () => {
    const [api, worker] = [system.inApi(Gardeners), system.inWorker(Gardeners)];
    let second: Promise<unknown> | undefined;
    await system.inWorker(Transaction).run(async () => {
      await worker.copy(ids.toReversed());
      second = system.inApi(Transaction).run(() => api.ensure(...ids));
      second.catch(() => undefined);
      await waiting();
    });
    await second;
    expect(await copies()).toHaveLength(2);
  });

  it('does not block a worker that has copied another account in the same transaction', async () => {
    const copying = system.inWorker(CopyGardeners);
    let second: Promise<unknown> | undefined;
    const batch = system.inWorker(Transaction).run(async () => {
      await copying.handle(changeOf(ids[1]));
      second = system.inApi(Transaction).run(() => system.inApi(Gardeners).ensure(...ids));
      second.catch(() => undefined);
      await waiting();
      await copying.handle(changeOf(ids[0]));
    });
    await expect(batch).rejects.toBeInstanceOf(Snooze);
    await second;
    expect(await copies()).toHaveLength(2);
  });

  const waiting = () =>
    eventually(async () => {
      const rows = await system.sql(
        `SELECT 1 FROM pg_stat_activity
         WHERE datname = current_database() AND application_name = 'rookery-api' AND wait_event_type = 'Lock'`,
      );
      return rows.length === 1;
    });
  const changeOf = (subject: string) => ({ subject }) as Parameters<CopyGardeners['handle']>[0];
});
