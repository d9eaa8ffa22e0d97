import { randomUUID } from 'node:crypto';
import { eventually } from '@rookery/testing';
import { Client } from 'pg';
import { ProbeSystem } from './probe-system.mts';

/** Requests of a round, and after how many answers its api is killed. */
const REQUESTS = 60;
const KILLED_AFTER = [0, 1, 15, 30];
/** As many as surely reach the moment between commit and answer at once; each holds one of the api's connections. */
const BETWEEN = 5;
/** Advisory lock that an answer is made to wait for. */
const ANSWERS = 20_120;

interface Request {
  counterId: string;
  commandId: string;
  key: string;
}

describe('requests with an Idempotency-Key whose api is killed', () => {
  let system: ProbeSystem;

  beforeAll(async () => {
    system = await ProbeSystem.start();
  }, 60_000);
  afterAll(() => system.stop());

  const newRequests = (): Request[] =>
    Array.from({ length: REQUESTS }, () => ({
      counterId: randomUUID(),
      commandId: randomUUID(),
      key: randomUUID(),
    }));

  async function send({
    counterId,
    commandId,
    key,
  }: Request): Promise<{ status: number; replayed: boolean }> {
    const response = await fetch(`${system.apis[0]!.url}/v1/probe/counters/${counterId}/increments`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'idempotency-key': key },
      body: JSON.stringify({ commandId }),
    });
    await response.arrayBuffer();
    return { status: response.status, replayed: response.headers.get('idempotency-replayed') === 'true' };
  }

  /** @returns how many of them have their effect and no answer. */
  async function doneWithoutAnswer(requests: readonly Request[]): Promise<number> {
    const rows = await system.sql(
      `SELECT 1 FROM platform.idempotency_keys WHERE key = ANY ($1) AND answer IS NULL AND effects <> '{}'`,
      [requests.map(({ key }) => key)],
    );
    return rows.length;
  }

  /** Starts the api again, asks everything once more, and sees one effect each. */
  async function repeat(requests: readonly Request[]): Promise<void> {
    const api = system.apis[0]!;
    api.start();
    await api.untilReady();
    const keys = requests.map(({ key }) => key);
    // As a minute later: until then nobody takes a key over from a process that may be alive.
    await system.sql('UPDATE platform.idempotency_keys SET leased_until = now() WHERE key = ANY ($1)', [
      keys,
    ]);
    const answers = await Promise.all(requests.map(send));
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([204]));
    const again = await Promise.all(requests.map(send));
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
    }, 20_000);
    const counted = await system.sql<{ count: number }>(
      'SELECT count FROM probe.counters WHERE id = ANY ($1)',
      [requests.map(({ counterId }) => counterId)],
    );
    expect(counted).toEqual(requests.map(() => ({ count: 1 })));
  }

  it.each(KILLED_AFTER)(
    'after %i answers have one effect each when they are repeated',
    async (before) => {
      const requests = newRequests();
      let answered = 0;
      let killed: Promise<void> | undefined;
      const over = Promise.allSettled(
        requests.map(async (request) => {
          await send(request);
          answered += 1;
          // At once and not when somebody looks: the others are answered within milliseconds.
          if (answered === before) killed = system.apis[0]!.kill();
        }),
      );
      if (before === 0) killed = system.apis[0]!.kill();
      const lost = (await over).filter(({ status }) => status === 'rejected');
      await killed;
      expect(lost.length).toBeGreaterThan(0);
      await repeat(requests);
    },
    90_000,
  );

  it('between commit and answer have one effect each when they are repeated', async () => {
    await system.sql(`
      CREATE FUNCTION probe.hold_answer() RETURNS trigger LANGUAGE plpgsql AS $$
      BEGIN
        PERFORM pg_advisory_xact_lock_shared(${ANSWERS});
        RETURN NEW;
      END $$;
      CREATE TRIGGER hold_answer BEFORE UPDATE ON platform.idempotency_keys FOR EACH ROW
      WHEN (OLD.answer IS NULL AND NEW.answer IS NOT NULL) EXECUTE FUNCTION probe.hold_answer()`);
    const holder = new Client({ connectionString: system.databaseUrl });
    await holder.connect();
    const requests = newRequests();
    try {
      await holder.query(`SELECT pg_advisory_lock(${ANSWERS})`);
      const over = Promise.allSettled(requests.map(send));
      await eventually(async () => {
        const waiting = await system.sql(
          `SELECT 1 FROM pg_locks WHERE locktype = 'advisory' AND NOT granted`,
        );
        return waiting.length >= BETWEEN;
      });
      await system.apis[0]!.kill();
      expect((await over).every(({ status }) => status === 'rejected')).toBe(true);
    } finally {
      await holder.end();
      await system.sql('DROP FUNCTION probe.hold_answer CASCADE');
    }
    expect(await doneWithoutAnswer(requests)).toBeGreaterThanOrEqual(BETWEEN);
    await repeat(requests);
  }, 90_000);
});
