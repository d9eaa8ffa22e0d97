import { defineEvent, newId } from '@rookery/domain';
import { Outbox, Transaction } from '@rookery/persistence';
import { eventually } from '@rookery/testing';
import { ownSystem } from '@rookery/testing/own-system';
import { z } from 'zod';

const Told = defineEvent('suite.tale-told', 1, z.object({}));

describe('A relay whose rounds fail', () => {
  const system = ownSystem([]);

  const probe = (path: string) => system.worker.inject({ url: path });

  it('shows in the probes of the worker until one succeeds again', async () => {
    await eventually(async () => (await probe('/readyz')).statusCode === 200);
    // PostgreSQL responds, but nothing is published.
    await system.sql(`ALTER TABLE messaging.outbox RENAME COLUMN shard TO mislaid`);
    await eventually(async () => {
      const [ready, health] = [await probe('/readyz'), await probe('/healthz')];
      expect([ready.statusCode, ready.json().dependencies]).toEqual([
        503,
        expect.objectContaining({ postgres: 'ready', relay: 'unready' }),
      ]);
      expect(health.json()).toMatchObject({
        status: 'degraded',
        dependencies: { relay: { status: 'down' } },
      });
    }, 120_000);
    await system.sql(`ALTER TABLE messaging.outbox RENAME COLUMN mislaid TO shard`);
    await eventually(async () => (await probe('/readyz')).statusCode === 200);

    const raised = { definition: Told, subject: newId(), sequence: 1, data: {} };
    await system.inApi(Transaction).run(() => system.inApi(Outbox).append([raised]));
    await eventually(async () => {
      const [row] = await system.sql<{ published_at: Date | null }>(
        'SELECT published_at FROM messaging.outbox',
      );
      return row!.published_at !== null;
    });
  }, 300_000);
});
