import { Injectable } from '@nestjs/common';
import { contexts } from '@rookery/contexts';
import { newId } from '@rookery/domain';
import { Queues, Snooze, Subscriber } from '@rookery/messaging';
import { Transaction } from '@rookery/persistence';
import { enrol } from '@rookery/contexts/identity/testing';
import { eventually } from '@rookery/testing';
import { contextOf } from '@rookery/testing/context';
import { ownSystem } from '@rookery/testing/own-system';
import { AccountCopy, accountChanges, Accounts, CopiesAccounts } from '../contract';

@Injectable()
class Gardeners extends AccountCopy('garden.gardeners') {}

@Subscriber('garden.copy-gardeners', accountChanges, { queue: Queues.projections })
class CopyGardeners extends CopiesAccounts {
  // oxlint-disable-next-line no-useless-constructor -- it says which copy is injected
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
    const people = await Promise.all([enrol(system), enrol(system)]);
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

  it('is made on the spot for whoever needs it before it has come', async () => {
    await system.inApi(Transaction).run(() => system.inApi(Gardeners).ensure(...ids));
    expect(await copies()).toHaveLength(2);
  });

  it('is made of nobody who is not there', async () => {
    const ensuring = system.inApi(Transaction).run(() => system.inApi(Gardeners).ensure(ids[0], newId()));
    await expect(ensuring).rejects.toMatchObject({ code: 'resource.not-found' });
    expect(await copies()).toEqual([]);
  });

  it('lets nobody wait who needs other people', async () => {
    await system.inWorker(Transaction).run(async () => {
      await system.inWorker(Gardeners).copy([ids[0]]);
      await system.inApi(Transaction).run(() => system.inApi(Gardeners).ensure(ids[1]));
    });
    expect(await copies()).toHaveLength(2);
  });

  it('lets two transactions that need the same people wait for one another, not for each other', async () => {
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

  it('is not waited for by a worker that has copied somebody in the same transaction', async () => {
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
