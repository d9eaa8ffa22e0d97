import { randomUUID } from 'node:crypto';
import { eventually } from '@rookery/testing';
import { ProbeSystem } from './probe-system.mts';

/** Crashes at most, until one undoes a commit: a commit that waits for the disk writes the lazy ones before it too. */
const CRASHES = 10;

describe('commits that do not wait for the disk', () => {
  let system: ProbeSystem;

  beforeAll(async () => {
    system = await ProbeSystem.start();
    // Otherwise PostgreSQL writes them within 0.2 s.
    await system.sql(`ALTER SYSTEM SET wal_writer_delay = '10s'`);
    await system.sql('SELECT pg_reload_conf()');
  }, 180_000);
  afterAll(() => system.stop());

  async function increment(): Promise<string> {
    const commandId = randomUUID();
    const response = await fetch(`${system.apis[0]!.url}/v1/probe/counters/${randomUUID()}/increments`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ commandId }),
    });
    expect(response.status).toBe(204);
    return commandId;
  }

  /** What the ledger says of the deliveries of a command's event, and how often they had their effect. */
  async function stateOf(commandId: string) {
    const [row] = await system.sql<{ stored: number; open: number; published: boolean; effects: number }>(
      `SELECT count(DISTINCT o.id)::int AS stored, bool_and(o.published_at IS NOT NULL) AS published,
              count(*) FILTER (WHERE d.state = 'pending')::int AS open,
              (SELECT count(*)::int FROM probe.effects WHERE command_id = $1) AS effects
       FROM messaging.outbox o JOIN messaging.event_delivery d ON d.event_id = o.event_id
       WHERE o.data ->> 'commandId' = $1::text`,
      [commandId],
    );
    return row!;
  }

  it('are undone by a crash of PostgreSQL and done again, while the command they follow stays', async () => {
    const worker = system.workers[0]!;
    let undone = 0;
    for (let crash = 1; crash <= CRASHES && undone === 0; crash += 1) {
      const commandId = await increment();
      await eventually(async () => (await stateOf(commandId)).open === 0);
      worker.send('SIGSTOP'); // so that it does not repair before somebody has looked
      await system.crashPostgres();
      await system.startPostgres();
      const found = await stateOf(commandId);
      expect(found.stored).toBe(1);
      if (found.open > 0) undone += 1;
      worker.send('SIGCONT');
      await eventually(
        async () =>
          expect(await stateOf(commandId)).toEqual({ stored: 1, open: 0, published: true, effects: 1 }),
        180_000, // if only the delivery was undone, the sweep finds it after a minute
      );
      await Promise.all(system.processes.map((each) => each.untilReady()));
    }
    expect(undone).toBe(1);
  }, 480_000);
});
