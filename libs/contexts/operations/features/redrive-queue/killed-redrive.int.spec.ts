import type { ChildProcess } from 'node:child_process';
import { newId } from '@rookery/domain';
import { eventually, privateSystem } from '@rookery/testing';
import { startProgram } from '@rookery/testing/program';
import { stopChild } from '../../../../../tools/parts/processes.mts';

const DELIVERIES = 1_200;

describe('npm run redrive', () => {
  const system = privateSystem();
  const children: ChildProcess[] = [];
  beforeAll(() => system.closeWorker());
  afterAll(() => Promise.all(children.map((child) => stopChild(child, 'SIGKILL', 5_000))));

  function start(script: string, ...args: string[]): ChildProcess {
    const child = startProgram(system, [script, ...args], {
      SMTP_URL: 'smtp://127.0.0.1:1', // these deliveries send no mail, because their users do not exist
      QUEUE_CONCURRENCY_DEFAULT: '20',
    });
    children.push(child);
    return child;
  }

  async function inState(state: string): Promise<number> {
    const [row] = await system.sql<{ count: number }>(
      `SELECT count(*)::int AS count FROM messaging.event_delivery
       WHERE subscriber = 'identity.send-welcome-mail' AND state = $1`,
      [state],
    );
    return row!.count;
  }

  it('can be killed: what it has begun is finished by workers, and nothing is lost', async () => {
    const ids = Array.from({ length: DELIVERIES }, newId);
    await system.sql(
      `INSERT INTO messaging.outbox (event_id, type, version, subject, sequence, shard, data, occurred_at, published_at)
       SELECT id, 'identity.user-verified', 1, id, 1, 0, '{}', now(), now() FROM unnest($1::uuid[]) AS id`,
      [ids],
    );
    await system.sql(
      `INSERT INTO messaging.event_delivery (event_id, subscriber, queue, subject, sequence, ordered, state, attempts,
                                             last_error, finished_at)
       SELECT id, 'identity.send-welcome-mail', 'mail', id, 1, false, 'dead', 8, 'It failed.', now()
       FROM unnest($1::uuid[]) AS id`,
      [ids],
    );
    const program = start('dist/apps/worker/src/redrive.js', 'mail');
    await eventually(async () => (await inState('dead')) < DELIVERIES);
    await stopChild(program, 'SIGKILL', 5_000);
    const worker = start('dist/apps/worker/src/main.js');
    await eventually(async () => (await inState('done')) > 0);
    await stopChild(worker, 'SIGKILL', 5_000);
    start('dist/apps/worker/src/main.js');
    await eventually(async () => (await inState('done')) === DELIVERIES, 200_000);
    const [redrive] = await system.sql(
      'SELECT redriven, finished_at IS NOT NULL AS finished FROM messaging.redrives',
    );
    expect(redrive).toEqual({ redriven: DELIVERIES, finished: true });
  }, 240_000);

  it('ends when everything is redriven', async () => {
    const program = start(
      'dist/apps/worker/src/redrive.js',
      'mail',
      '--subscriber',
      'identity.send-welcome-mail',
    );
    const ended = new Promise((resolve) => program.once('exit', resolve));
    expect(await ended).toBe(0);
  });
});
