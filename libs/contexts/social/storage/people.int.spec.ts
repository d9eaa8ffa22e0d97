import { newId } from '@rookery/domain';
import { contexts } from '@rookery/contexts';
import { Transaction } from '@rookery/persistence';
import { enrol } from '@rookery/contexts/identity/testing';
import { eventually } from '@rookery/testing';
import { OwnSystem } from '@rookery/testing/own-system';
import { People } from './people';

describe('The copies of people', () => {
  let system: OwnSystem;
  let ids: [string, string];

  beforeAll(async () => {
    system = await OwnSystem.start(contexts);
  });
  afterAll(() => system.stop());

  const copies = () =>
    system.sql<{ id: string }>('SELECT id FROM social.people WHERE id = ANY ($1) ORDER BY id', [ids]);

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
    await system.sql('DELETE FROM social.people WHERE id = ANY ($1)', [ids]);
  });

  it('are made on the spot for whoever needs them before they have come', async () => {
    await system.inApi(Transaction).run(() => system.inApi(People).ensure(...ids));
    expect(await copies()).toHaveLength(2);
  });

  it('are made of nobody who is not there', async () => {
    const ensuring = system.inApi(Transaction).run(() => system.inApi(People).ensure(ids[0], newId()));
    await expect(ensuring).rejects.toMatchObject({ code: 'resource.not-found' });
    expect(await copies()).toEqual([]);
  });

  it('let two transactions that need the same people wait for one another, not for each other', async () => {
    const [api, worker] = [system.inApi(People), system.inWorker(People)];
    let second: Promise<void> | undefined;
    await system.inWorker(Transaction).run(async () => {
      await worker.copy([ids[1]]);
      second = system.inApi(Transaction).run(() => api.ensure(...ids));
      second.catch(() => undefined);
      await eventually(async () => {
        const waiting = await system.sql(
          `SELECT 1 FROM pg_stat_activity
           WHERE datname = current_database() AND application_name = 'rookery-api' AND wait_event_type = 'Lock'`,
        );
        return waiting.length === 1;
      });
      await worker.copy([ids[0]]);
    });
    await second;
    expect(await copies()).toHaveLength(2);
  });
});
