import type { ChildProcess } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { text as readText } from 'node:stream/consumers';
import { enroll } from '@rookery/contexts/identity/testing';
import { readTale, requestTale, settled } from '@rookery/contexts/tales/testing';
import { eventually, Inbox, privateSystem } from '@rookery/testing';
import { LanguageModelServer } from '@rookery/testing/language-model';
import { startWorkerProgram } from '@rookery/testing/program';
import { SMTPServer } from 'smtp-server';
import { type RunningMailbox, startMailbox } from '../../../../../tools/parts/mailbox.mts';
import { stopChild } from '../../../../../tools/parts/processes.mts';

/** A mail server that does not answer to the mails with stories for an address that it has read, until it is released. */
class HoldingMailServer {
  /** Message-IDs of the stories that it has taken, in order. */
  readonly accepted: string[] = [];
  /** Whether a client waits for an answer. */
  holds = false;
  private released = false;
  private readonly server: SMTPServer;

  /** @param accepts whether it keeps the mail that it does not confirm */
  constructor(
    private readonly address: string,
    private readonly accepts: boolean,
  ) {
    this.server = new SMTPServer({
      authOptional: true,
      disabledCommands: ['AUTH', 'STARTTLS'],
      disableReverseLookup: true,
      logger: false,
      closeTimeout: 100,
      onData: (stream, _session, done) => {
        void this.receive(stream, done);
      },
    });
    this.server.on('error', () => undefined);
  }

  async start(): Promise<string> {
    await new Promise<void>((done) => this.server.listen(0, '127.0.0.1', () => done()));
    return `smtp://127.0.0.1:${(this.server.server.address() as AddressInfo).port}`;
  }

  private async receive(stream: Readable, done: () => void): Promise<void> {
    const mail = await readText(stream);
    // There are others: a welcome, and what earlier tests have left.
    const isOurs = mail.includes(`\nTo: ${this.address}`) && mail.includes('\nSubject: Your story is ready');
    if (!isOurs) return done();
    if (this.released || this.accepts) this.accepted.push(/^Message-ID: (.+)$/im.exec(mail)![1]!.trim());
    if (this.released) done();
    else this.holds = true;
  }

  /** Answers from now on. */
  release(): void {
    this.released = true;
  }

  stop(): Promise<void> {
    return new Promise((done) => this.server.close(() => done()));
  }
}

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
  function startWorker(settings: Record<string, string> = {}): ChildProcess {
    const worker = startWorkerProgram(system, { SMTP_URL: mailbox.smtpUrl, ...llm(), ...settings });
    workers.push(worker);
    return worker;
  }

  it('loses nothing: another worker starts again, and mails the tale once', async () => {
    model.answer = () =>
      model.requests.length === 1
        ? { text: `First\n\n${TEXT.repeat(10)}`, pieceLength: 10, pauseMs: 50 }
        : { text: `Second\n\n${TEXT}` };
    await system.closeWorker();
    const ada = await enroll(system);
    const id = await requestTale(system, ada);
    const first = startWorker();
    await eventually(async () => (await readTale(system, ada, id)).content !== undefined, 60_000);
    first.kill('SIGKILL');
    await eventually(() => first.signalCode === 'SIGKILL');
    expect(await readTale(system, ada, id)).toMatchObject({ status: 'generating', title: 'First' });

    startWorker();
    await eventually(async () => (await readTale(system, ada, id)).status === 'ready', 60_000);
    expect(await readTale(system, ada, id)).toMatchObject({ title: 'Second', content: TEXT });
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
  }, 300_000);

  it.each([
    ['before the mail server has it', 'refused'],
    ['after the mail server has it', 'accepted'],
  ] as const)(
    'is followed by one that mails the tale, %s',
    async (_, outcome) => {
      await Promise.all(workers.splice(0).map((worker) => stopChild(worker, 'SIGTERM', 25_000)));
      model.answer = () => ({ text: `Mailed once\n\n${TEXT}` });
      const ada = await enroll(system);
      const server = new HoldingMailServer(ada.email, outcome === 'accepted');
      const smtpUrl = await server.start();
      try {
        const first = startWorker({ SMTP_URL: smtpUrl });
        const id = await requestTale(system, ada);
        await eventually(() => server.holds, 60_000);
        first.kill('SIGKILL');
        await eventually(() => first.signalCode === 'SIGKILL');
        expect((await readTale(system, ada, id)).status).toBe('ready');
        server.release();
        startWorker({ SMTP_URL: smtpUrl });
        await eventually(() => server.accepted.length >= (outcome === 'accepted' ? 2 : 1), 60_000);
        await settled(system, id);
        // Of what it has but could not confirm, only the server knows that it comes again: by its Message-ID.
        expect(server.accepted).toHaveLength(outcome === 'accepted' ? 2 : 1);
        expect(new Set(server.accepted).size).toBe(1);
        const [{ count }] = (await system.sql(
          `SELECT count(*)::int AS count FROM messaging.event_delivery
         WHERE subject = $1 AND subscriber = 'tales.send-tale-mail' AND state = 'done'`,
          [id],
        )) as [{ count: number }];
        expect(count).toBe(1);
      } finally {
        await Promise.all(workers.splice(0).map((worker) => stopChild(worker, 'SIGTERM', 25_000)));
        await server.stop();
      }
    },
    300_000,
  );

  it('hands a running tale on when it is shut down', async () => {
    startWorker();
    model.requests.length = 0;
    model.answer = () =>
      model.requests.length === 1
        ? { text: 'Silent\n\nOnce', end: 'never' }
        : { text: `Handed on\n\n${TEXT}` };
    const ada = await enroll(system);
    const id = await requestTale(system, ada);
    await eventually(() => model.requests.length === 1, 60_000);
    const last = workers.at(-1)!;
    last.kill('SIGTERM');
    await eventually(() => last.exitCode !== null, 60_000);
    expect(last.exitCode).toBe(0);
    startWorker();
    await eventually(async () => (await readTale(system, ada, id)).status === 'ready', 60_000);
    expect((await readTale(system, ada, id)).title).toBe('Handed on');
  }, 300_000);
});
