import { randomUUID } from 'node:crypto';
import { eventually } from '@rookery/testing';
import { Client } from 'pg';
import { ProbeSystem } from './probe-system.mts';

/** Requests per round, and how many of them are answered before the others are blocked. */
const REQUESTS = 40;
const ANSWERED = 10;
/** Less than the api's connections, so that all of them reach the point where they are blocked. */
const HELD = 5;
const HOLD_LOCK = 20_120;

/**
 * The points at which a request is blocked until its api is killed: when a row is written, or at the end of its
 * transaction.
 */
const POINTS: { point: string; table: string; on: string; effect: boolean }[] = [
  {
    point: 'before the key is claimed',
    table: 'platform.idempotency_keys',
    on: 'BEFORE INSERT ON platform.idempotency_keys FOR EACH ROW',
    effect: false,
  },
  {
    point: 'before the effect',
    table: 'probe.counters',
    on: 'BEFORE INSERT ON probe.counters FOR EACH ROW',
    effect: false,
  },
  {
    point: 'after the effect and before its commit',
    table: 'probe.counters',
    on: 'AFTER INSERT ON probe.counters DEFERRABLE INITIALLY DEFERRED FOR EACH ROW',
    effect: true,
  },
  {
    point: 'between commit and answer',
    table: 'platform.idempotency_keys',
    on: 'BEFORE UPDATE ON platform.idempotency_keys FOR EACH ROW WHEN (OLD.answer IS NULL AND NEW.answer IS NOT NULL)',
    effect: true,
  },
];

interface Request {
  counterId: string;
  commandId: string;
  key: string;
}

interface Answer {
  status: number;
  replayed: boolean;
}

describe('requests with an Idempotency-Key whose api is killed', () => {
  let system: ProbeSystem;

  beforeAll(async () => {
    // The statements that a test holds must outlive the kill of their api, however long it takes.
    system = await ProbeSystem.start({ connection: 'statement_timeout=120000' });
  }, 180_000);
  afterAll(() => system.stop());

  const newRequests = (): Request[] =>
    Array.from({ length: REQUESTS }, () => ({
      counterId: randomUUID(),
      commandId: randomUUID(),
      key: randomUUID(),
    }));

  async function send({ counterId, commandId, key }: Request): Promise<Answer> {
    const response = await fetch(`${system.apis[0]!.url}/v1/probe/counters/${counterId}/increments`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'idempotency-key': key },
      body: JSON.stringify({ commandId }),
    });
    await response.arrayBuffer();
    return { status: response.status, replayed: response.headers.get('idempotency-replayed') === 'true' };
  }

  /** Like a client: 503 means that the request may be retried. */
  const sendUntilServed = (request: Request): Promise<Answer> =>
    eventually(async () => {
      const answer = await send(request);
      return answer.status !== 503 && answer;
    });

  /** @returns the number of requests with an effect but no response. */
  async function doneWithoutAnswer(requests: readonly Request[]): Promise<number> {
    const rows = await system.sql(
      `SELECT 1 FROM platform.idempotency_keys WHERE key = ANY ($1) AND answer IS NULL AND effects <> '{}'`,
      [requests.map(({ key }) => key)],
    );
    return rows.length;
  }

  /** Retries every request with a restarted api, and expects one effect each. */
  async function repeat(requests: readonly Request[]): Promise<void> {
    await system.apis[0]!.untilReady();
    const keys = requests.map(({ key }) => key);
    // Simulates a minute later: before, no request takes over a key from a process that may be alive.
    await system.sql('UPDATE platform.idempotency_keys SET leased_until = now() WHERE key = ANY ($1)', [
      keys,
    ]);
    const answers = await Promise.all(requests.map(sendUntilServed));
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([204]));
    const again = await Promise.all(requests.map(sendUntilServed));
    expect(new Set(again.map((answer) => JSON.stringify(answer)))).toEqual(
      new Set([JSON.stringify({ status: 204, replayed: true })]),
    );
    const ids = requests.map(({ commandId }) => commandId);
    await eventually(async () => {
      const rows = await system.sql('SELECT command_id FROM probe.effects WHERE command_id = ANY ($1)', [
        ids,
      ]);
      expect(rows).toHaveLength(ids.length);
      expect(new Set(rows.map((row) => row.command_id))).toEqual(new Set(ids));
    });
    const counted = await system.sql<{ count: number }>(
      'SELECT count FROM probe.counters WHERE id = ANY ($1)',
      [requests.map(({ counterId }) => counterId)],
    );
    expect(counted).toEqual(requests.map(() => ({ count: 1 })));
  }

  /** @returns the number of sessions that wait at the point, or behind one that waits. */
  async function held(): Promise<number> {
    const rows = await system.sql(`SELECT 1 FROM pg_locks WHERE locktype = 'advisory' AND NOT granted`);
    return rows.length;
  }

  beforeEach(async () => {
    const api = system.apis[0]!;
    if (!api.running) api.start();
    await api.untilReady();
  });

  it.each(POINTS)(
    '$point have one effect each when they are repeated',
    async ({ on, table, effect }) => {
      const requests = newRequests();
      const [answered, rest] = [requests.slice(0, ANSWERED), requests.slice(ANSWERED)];
      for (const request of answered) expect((await sendUntilServed(request)).status).toBe(204);
      const timing = on.includes('DEFERRABLE') ? 'CONSTRAINT TRIGGER' : 'TRIGGER';
      await system.sql(`
      CREATE FUNCTION probe.hold() RETURNS trigger LANGUAGE plpgsql AS $$
      BEGIN
        SET LOCAL lock_timeout = '1min'; -- who gives up earlier than its api is killed leaves no effect
        PERFORM pg_advisory_xact_lock_shared(${HOLD_LOCK});
        RETURN NEW;
      END $$;
      CREATE ${timing} hold ${on} EXECUTE FUNCTION probe.hold()`);
      const holder = new Client({ connectionString: system.databaseUrl });
      await holder.connect();
      try {
        await holder.query(`SELECT pg_advisory_lock(${HOLD_LOCK})`);
        const over = Promise.allSettled(rest.map(send));
        await eventually(async () => (await held()) >= HELD);
        await system.apis[0]!.kill();
        // Requests without a connection got an error; none was told of an effect.
        expect((await over).filter((end) => end.status === 'fulfilled' && end.value.status !== 503)).toEqual(
          [],
        );
      } finally {
        await holder.end();
        // Blocked requests continue without their client, up to the commit.
        await eventually(async () => (await held()) === 0);
        await system.sql(`DROP TRIGGER hold ON ${table}; DROP FUNCTION probe.hold`);
      }
      const done = await doneWithoutAnswer(requests);
      expect(effect ? done >= HELD : done === 0).toBe(true);
      system.apis[0]!.start();
      await repeat(requests);
    },
    300_000,
  );

  it('after the answer have one effect each when they are repeated', async () => {
    const requests = newRequests();
    for (const request of requests) expect((await sendUntilServed(request)).status).toBe(204);
    await system.apis[0]!.kill();
    expect(await doneWithoutAnswer(requests)).toBe(0);
    system.apis[0]!.start();
    await repeat(requests);
  }, 300_000);
});
