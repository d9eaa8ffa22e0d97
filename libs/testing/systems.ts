import { fork } from 'node:child_process';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { openSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { startMailbox } from '../../tools/parts/mailbox.mts';
import { stopChild } from '../../tools/parts/processes.mts';
import { startRedis } from '../../tools/parts/redis.mts';
import { createTestDatabase } from './database';
import type { SharedAddresses } from './shared-system';

const HOST = join('dist', 'libs', 'testing', 'host.js');
const START_TIMEOUT_MS = 60_000;

type HostAddresses = Pick<SharedAddresses, 'apiUrl' | 'workerUrl' | 'fixturesUrl'>;

/** One system per jest worker, from the compiled code, started on first use. */
export class Systems {
  private readonly running = new Map<string, Promise<SharedAddresses>>();
  private readonly undo: (() => Promise<void>)[] = [];

  /** @param folder folder for data and logs of the systems */
  constructor(private readonly folder: string) {}

  /**
   * Serves `POST /<number of the jest worker>` with the addresses of its system.
   *
   * @returns its URL
   */
  async listen(): Promise<string> {
    const server = createServer((request, response) => {
      this.of(request.url!.slice(1)).then(
        (addresses) => response.end(JSON.stringify(addresses)),
        (error: Error) => response.writeHead(500).end(error.message),
      );
    });
    await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
    this.undo.push(async () => {
      server.closeAllConnections();
      await new Promise<void>((done) => server.close(() => done()));
    });
    return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  }

  async stop(): Promise<void> {
    await Promise.allSettled(this.undo.map((each) => each()));
  }

  private of(worker: string): Promise<SharedAddresses> {
    const running = this.running.get(worker) ?? this.start(worker);
    this.running.set(worker, running);
    return running;
  }

  private async start(worker: string): Promise<SharedAddresses> {
    const folder = join(this.folder, `worker-${worker}`);
    const [database, redis, mailbox] = await Promise.all([
      createTestDatabase(),
      startRedis({ dataDir: join(folder, 'redis'), durable: false }),
      startMailbox({ dataDir: join(folder, 'mail') }),
    ]);
    this.undo.push(
      () => redis.stop(),
      () => mailbox.stop(),
    );
    const logFile = join(folder, 'host.log');
    const host = await this.fork(logFile, {
      DATABASE_URL: database.url,
      REDIS_URL: redis.url,
      SMTP_URL: mailbox.smtpUrl,
    });
    return { ...host, logFile, databaseUrl: database.url, redisUrl: redis.url, mailboxUrl: mailbox.url };
  }

  private fork(log: string, parts: Record<string, string>): Promise<HostAddresses> {
    const output = openSync(log, 'a');
    const child = fork(HOST, {
      stdio: ['ignore', output, output, 'ipc'],
      execArgv: ['--enable-source-maps'],
      env: {
        PATH: process.env.PATH,
        NODE_ENV: 'test',
        LOG_LEVEL: 'error',
        PORT: '0',
        DATABASE_POOL_SIZE: '10',
        PUBLIC_URL: 'http://rookery.test',
        RATE_LIMIT_ENABLED: 'false',
        ...parts,
      },
    });
    this.undo.push(() => stopChild(child, 'SIGKILL', 5_000));
    return new Promise((resolve, reject) => {
      const fail = (why: string): void =>
        reject(new Error(`The system of the suites ${why}.\n${readFileSync(log, 'utf8').slice(-4_000)}`));
      const timer = setTimeout(() => fail('did not start in time'), START_TIMEOUT_MS);
      child.once('exit', () => fail('ended'));
      child.once('message', (addresses) => {
        clearTimeout(timer);
        resolve(addresses as HostAddresses);
      });
    });
  }
}
