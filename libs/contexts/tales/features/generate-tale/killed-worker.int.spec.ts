import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { enroll } from '@rookery/contexts/identity/testing';
import { readTale, requestTale, settled, taleIs } from '@rookery/contexts/tales/testing';
import { eventually, Inbox, privateSystem } from '@rookery/testing';
import { LanguageModelServer } from '@rookery/testing/language-model';
import { type RunningMailbox, startMailbox } from '../../../../../tools/parts/mailbox.mts';
import { findFreePort } from '../../../../../tools/parts/ports.mts';
import { stopChild } from '../../../../../tools/parts/processes.mts';

const TEXT = 'The boats came home before dark, one after the other. '.repeat(20).trim();

describe('A worker that is killed in the middle of a tale', () => {
  const folder = mkdtempSync(join(tmpdir(), 'killed-worker-'));
  const workers: ChildProcess[] = [];
  let model: LanguageModelServer;
  let mailbox: RunningMailbox;
  const llm = () => ({
    LLM_PROVIDER: 'openai-compatible',
    LLM_BASE_URL: `${model.url}/v1`,
    LLM_MODEL: 'some-model',
  });

  beforeAll(async () => {
    model = await LanguageModelServer.start();
    mailbox = await startMailbox({ dataDir: folder });
  });
  const system = privateSystem(llm);
  afterAll(async () => {
    await Promise.all(workers.map((worker) => stopChild(worker, 'SIGKILL', 5_000)));
    await Promise.all([model.stop(), mailbox.stop()]);
    rmSync(folder, { recursive: true, force: true });
  });

  /** A worker as a process of its own; its mails go to the mailbox of this suite. */
  async function startWorker(): Promise<ChildProcess> {
    const worker = spawn(process.execPath, ['dist/apps/worker/src/main.js'], {
      stdio: 'ignore',
      env: {
        PATH: process.env.PATH,
        NODE_ENV: 'test',
        LOG_LEVEL: 'fatal',
        WORKER_PORT: String(await findFreePort()),
        DATABASE_URL: system.addresses.databaseUrl,
        DATABASE_POOL_SIZE: '5',
        REDIS_URL: system.addresses.redisUrl,
        SMTP_URL: mailbox.smtpUrl,
        ...llm(),
      },
    });
    workers.push(worker);
    return worker;
  }

  it('loses nothing: another one begins anew, and mails the tale once', async () => {
    model.answer = () =>
      model.requests.length === 1
        ? { text: `First\n\n${TEXT.repeat(10)}`, pieceLength: 10, pauseMs: 50 }
        : { text: `Second\n\n${TEXT}` };
    await system.closeWorker();
    const ada = await enroll(system);
    const id = await requestTale(system, ada);
    const first = await startWorker();
    await eventually(async () => (await readTale(system, ada, id)).content !== undefined);
    first.kill('SIGKILL');
    await eventually(() => first.signalCode === 'SIGKILL');
    expect(await readTale(system, ada, id)).toMatchObject({ status: 'generating', title: 'First' });

    await startWorker();
    expect(await taleIs(system, ada, id, 'ready')).toMatchObject({ title: 'Second', content: TEXT });
    await settled(system, id);
    const mails = await new Inbox(mailbox.url).of(ada.email);
    expect(mails.filter(({ subject }) => subject.startsWith('Your story'))).toMatchObject([
      { subject: 'Your story is ready: Second' },
    ]);
    const [{ attempts }] = (await system.sql<{ attempts: number }>(
      `SELECT attempts FROM messaging.event_delivery WHERE subject = $1 AND subscriber = 'tales.generate-tale'`,
      [id],
    )) as [{ attempts: number }];
    expect(attempts).toBe(0); // a crash is no attempt of the tale
  }, 90_000);

  it('hands a running tale on when it is shut down', async () => {
    model.requests.length = 0;
    model.answer = () =>
      model.requests.length === 1
        ? { text: 'Silent\n\nOnce', end: 'never' }
        : { text: `Handed on\n\n${TEXT}` };
    const ada = await enroll(system);
    const id = await requestTale(system, ada);
    await eventually(() => model.requests.length === 1);
    const last = workers.at(-1)!;
    last.kill('SIGTERM');
    await eventually(() => last.exitCode !== null, 30_000);
    expect(last.exitCode).toBe(0);
    await startWorker();
    expect((await taleIs(system, ada, id, 'ready')).title).toBe('Handed on');
  }, 90_000);
});
