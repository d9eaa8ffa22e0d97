import { randomUUID } from 'node:crypto';
import { eventually } from '@rookery/testing';
import { Client } from 'pg';
import { ProbeSystem } from './probe-system.mts';

const OUTAGE_MS = Number(process.env.CHAOS_OUTAGE_MS ?? 5_000);
/** Well below the minute after which what was forgotten is looked for; a busy machine has to do the work meanwhile. */
const RECOVERY_MS = 20_000;

describe('an api and a worker', () => {
  let system: ProbeSystem;

  beforeAll(async () => {
    system = await ProbeSystem.start();
  }, 180_000);
  afterAll(() => system.stop());

  /** @returns the id of an acknowledged command and its response time in milliseconds */
  async function increment(): Promise<{ commandId: string; tookMs: number }> {
    const commandId = randomUUID();
    const started = performance.now();
    const response = await fetch(`${system.apis[0]!.url}/v1/probe/counters/${randomUUID()}/increments`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ commandId }),
    });
    expect(response.status).toBe(204);
    return { commandId, tookMs: performance.now() - started };
  }

  async function effectsOf(commandId: string): Promise<number> {
    const rows = await system.sql('SELECT 1 FROM probe.effects WHERE command_id = $1', [commandId]);
    return rows.length;
  }

  async function effectsOfAll(
    commandIds: string[],
  ): Promise<{ times: number; commands: number } | undefined> {
    const [row] = await system.sql<{ times: number; commands: number }>(
      `SELECT count(*)::int AS times, count(DISTINCT command_id)::int AS commands
       FROM probe.effects WHERE command_id = ANY ($1)`,
      [commandIds],
    );
    return row;
  }

  function surprises(): string[] {
    return system.processes.flatMap((each) => each.surprises);
  }

  it('process commands while Redis is down and catch up within seconds of its return, without a restart', async () => {
    await system.killRedis();
    const awaySince = performance.now();
    const answers: { commandId: string; tookMs: number }[] = [];
    const failures: unknown[] = [];
    await eventually(async () => {
      await increment().then(
        (answer) => answers.push(answer),
        (error: unknown) => failures.push(error),
      );
      return performance.now() - awaySince >= OUTAGE_MS;
    }, OUTAGE_MS + 1_000);
    expect(failures).toEqual([]);
    await system.startRedis({ empty: false });
    const times = answers.map(({ tookMs }) => tookMs).sort((a, b) => a - b);
    // Nine of ten: the slowest may have waited for a processor.
    expect(times[Math.floor(times.length * 0.9)]).toBeLessThan(1_000);
    const commands = answers.map(({ commandId }) => commandId);
    const once = { times: commands.length, commands: commands.length };
    await eventually(async () => expect(await effectsOfAll(commands)).toEqual(once), RECOVERY_MS);
    expect(surprises()).toEqual([]);
  }, 120_000);

  it('continue when PostgreSQL terminates their sessions, idle and active ones', async () => {
    const { commandId: before } = await increment();
    await eventually(async () => expect(await effectsOf(before)).toBe(1));
    await system.terminateSessions(); // all of them are idle

    const blocker = await lockEffects();
    let commandId: string;
    try {
      // A busy api that has not noticed yet which connections are gone answers 503.
      ({ commandId } = await eventually(increment));
      await eventually(async () => {
        const waiting = await system.sql(
          `SELECT 1 FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND query LIKE '%probe.effects%'`,
        );
        expect(waiting).toHaveLength(1);
      });
      await system.terminateSessions(); // that of the subscriber is checked out and active; the lock is lost too
    } finally {
      await blocker.end().catch(() => undefined);
    }

    await eventually(async () => expect(await effectsOf(commandId)).toBe(1));
    for (let round = 0; round < 20; round += 1) {
      await system.terminateSessions();
      await fetch(`${system.apis[0]!.url}/readyz`).then((response) => response.arrayBuffer());
    }
    await eventually(increment);
    expect(surprises()).toEqual([]);
  }, 240_000);

  it('start while Redis is away and work as soon as it is there', async () => {
    await system.killRedis();
    await Promise.all(system.processes.map((each) => each.kill()));
    for (const each of system.processes) each.start();
    // Not ready before Redis was available once, but requests are answered, and committed events are not lost.
    const { commandId } = await eventually(increment);
    expect(await system.apis[0]!.ready()).toBe(false);
    await system.startRedis({ empty: true });
    await eventually(async () => expect(await effectsOf(commandId)).toBe(1));
    await Promise.all(system.processes.map((each) => each.untilReady()));
    expect(surprises()).toEqual([]);
  }, 240_000);

  it('shut down gracefully within 30 s of SIGTERM while Redis is down', async () => {
    await system.killRedis();
    const endings = await Promise.all(system.processes.map((each) => each.end()));
    for (const { code, tookMs } of endings) {
      expect(code).toBe(0);
      expect(tookMs).toBeLessThan(30_000);
    }
  }, 120_000);

  async function lockEffects(): Promise<Client> {
    const client = new Client({ connectionString: system.databaseUrl });
    client.on('error', () => undefined);
    await client.connect();
    await client.query('BEGIN; LOCK TABLE probe.effects IN ACCESS EXCLUSIVE MODE');
    return client;
  }
});
