import { type ChildProcess, fork } from 'node:child_process';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { closeSync, existsSync, mkdirSync, openSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { Redis } from 'ioredis';
import { startMailbox } from '../../tools/parts/mailbox.mts';
import { stopChild } from '../../tools/parts/processes.mts';
import { startRedis } from '../../tools/parts/redis.mts';
import type { StorageAddress } from '../../tools/parts/storage-address.mts';
import { type RunningStorage, startStorage } from '../../tools/parts/storage.mts';
import { createTestDatabase } from './database';
import type { HostedAddresses } from './hosted-system';
import { post } from './post';

const HOST = join('dist', 'libs', 'testing', 'host.js');
const START_TIMEOUT_MS = 120_000;

type Settings = Record<string, string>;

/** A running system: its addresses, and operations on its parts. */
interface Running {
  addresses: Omit<HostedAddresses, 'partsUrl'>;
  redis(command: [string, ...(string | number)[]]): Promise<unknown>;
  killRedis(): Promise<void>;
  startRedis(): Promise<void>;
  stopStorage(): Promise<void>;
  startStorage(): Promise<void>;
  stop(): Promise<void>;
}

/** The systems of a test run, from the compiled code: one for each jest worker, and separate ones for single suites. */
export class Systems {
  private readonly hosts = new Map<string, Promise<Host>>();
  private readonly started = new Map<string, Promise<Running>>();
  private readonly storages = new Map<string, RunningStorage>();
  private readonly server = createServer((request, response) => {
    text(request)
      .then((body) => this.answer(request.url!.slice(1), JSON.parse(body)))
      .then((result) => response.end(JSON.stringify(result ?? null)))
      .catch((error: Error) => response.writeHead(500).end(error.message));
  });
  private privates = 0;

  /** @param folder folder for data and logs of the systems */
  constructor(private readonly folder: string) {}

  /**
   * `POST /shared/<number of the jest worker>` and `POST /private/<number of the jest worker>` return the addresses of
   * a system; the latter starts a new one with the settings in the body. Routes below `partsUrl` control its parts.
   * `POST /storage/start` returns the settings of a new object storage, so that jest workers do not have to load it;
   * `POST /storage/stop` takes these settings.
   *
   * @returns its URL
   */
  async listen(): Promise<string> {
    // A busy client could use a connection while it is being closed as idle.
    this.server.keepAliveTimeout = 0;
    await new Promise<void>((done) => this.server.listen(0, '127.0.0.1', done));
    return this.url;
  }

  async stop(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise<void>((done) => this.server.close(() => done()));
    // Apps in a process that has ended do not have to be closed.
    await Promise.allSettled([...this.hosts.values()].map(async (host) => (await host).stop()));
    await Promise.allSettled([...this.started.values()].map(async (system) => (await system).stop()));
    await Promise.allSettled([...this.storages.values()].map((storage) => storage.stop()));
  }

  private get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  private async answer(path: string, body: unknown): Promise<unknown> {
    const [kind, name, action = ''] = path.split('/') as [string, string, string?];
    // Separate processes, because passport keeps only the strategies of the latest api in a process.
    if (kind === 'shared') return this.addressesOf(`shared-host-${name}`, `shared-${name}`, {});
    if (kind === 'private')
      return this.addressesOf(`private-host-${name}`, `private-${(this.privates += 1)}`, body as Settings);
    if (kind === 'storage')
      return name === 'start' ? this.startStorage() : this.stopStorage(body as StorageAddress);
    const system = await this.started.get(name)!;
    switch (action) {
      case 'redis':
        return system.redis(body as [string]);
      case 'kill-redis':
        return system.killRedis();
      case 'start-redis':
        return system.startRedis();
      case 'stop-storage':
        return system.stopStorage();
      case 'start-storage':
        return system.startStorage();
      case 'stop':
        this.started.delete(name);
        return system.stop();
      default:
        throw new Error(`There is nothing at ${path}.`);
    }
  }

  private async startStorage(): Promise<StorageAddress> {
    const storage = await startStorage({ dataDir: join(this.folder, `storage-${(this.privates += 1)}`) });
    this.storages.set(storage.settings.S3_ENDPOINT, storage);
    return storage.settings;
  }

  private async stopStorage({ S3_ENDPOINT }: StorageAddress): Promise<void> {
    await this.storages.get(S3_ENDPOINT)?.stop();
    this.storages.delete(S3_ENDPOINT);
  }

  private async addressesOf(process: string, name: string, settings: Settings): Promise<HostedAddresses> {
    const host = this.hosts.get(process) ?? launch(join(this.folder, `${process}.log`));
    this.hosts.set(process, host);
    const system = this.started.get(name) ?? start(await host, join(this.folder, name), settings);
    this.started.set(name, system);
    return { ...(await system).addresses, partsUrl: `${this.url}/parts/${name}` };
  }
}

async function start(host: Host, folder: string, settings: Settings): Promise<Running> {
  const redisOptions = { dataDir: join(folder, 'redis'), durable: false };
  const storageDir = join(folder, 'storage');
  const [database, mailbox, firstRedis, firstStorage] = await Promise.all([
    createTestDatabase(),
    startMailbox({ dataDir: join(folder, 'mail') }),
    startRedis(redisOptions),
    startStorage({ dataDir: storageDir }),
  ]);
  let redis = firstRedis;
  let storage = firstStorage;
  const hostUrl = `${host.url}/${folder.slice(folder.lastIndexOf('/') + 1)}`;
  const stopParts = async (): Promise<void> => {
    await Promise.allSettled([redis.stop('SIGKILL'), mailbox.stop(), database.drop(), storage.stop()]);
  };
  try {
    const logOffset = statSync(host.log).size;
    const apps = await post<Pick<HostedAddresses, 'apiUrl' | 'workerUrl'>>(`${hostUrl}/start`, {
      LOG_LEVEL: 'error',
      PORT: '0',
      DATABASE_URL: database.url,
      DATABASE_POOL_SIZE: '10',
      REDIS_URL: redis.url,
      SMTP_URL: mailbox.smtpUrl,
      ...storage.settings,
      PUBLIC_URL: 'http://rookery.test',
      RATE_LIMIT_ENABLED: 'false',
      WEBHOOK_ALLOWED_HOSTS: '127.0.0.1',
      ...settings,
    });
    return {
      addresses: {
        ...apps,
        hostUrl,
        logFile: host.log,
        logOffset,
        databaseUrl: database.url,
        redisUrl: redis.url,
        mailboxUrl: mailbox.url,
        storage: storage.settings,
      },
      async redis([command, ...args]) {
        const client = new Redis(redis.url, { retryStrategy: () => null });
        client.on('error', () => undefined); // reported by the command
        return client.call(command, ...args).finally(() => client.disconnect());
      },
      killRedis: () => redis.stop('SIGKILL'),
      async startRedis() {
        redis = await startRedis({ ...redisOptions, port: redis.port });
      },
      stopStorage: () => storage.stop(),
      async startStorage() {
        storage = await startStorage({ dataDir: storageDir, port: storage.port });
      },
      async stop() {
        try {
          await post(`${hostUrl}/stop`);
        } finally {
          await stopParts();
        }
      },
    };
  } catch (error) {
    await stopParts();
    throw error;
  }
}

/**
 * A process that runs apps: those of a shared system, or those of the private systems of a jest worker, one after the
 * other.
 */
interface Host {
  url: string;
  log: string;
  stop(): Promise<void>;
}

async function launch(log: string): Promise<Host> {
  mkdirSync(join(log, '..'), { recursive: true });
  const output = openSync(log, 'a');
  const child = fork(HOST, {
    stdio: ['ignore', output, output, 'ipc'],
    execArgv: ['--enable-source-maps'],
    env: { PATH: process.env.PATH, NODE_ENV: 'test', LOG_LEVEL: 'error' },
  });
  closeSync(output);
  return {
    url: await firstMessage(child, log),
    log,
    stop: () => stopChild(child, 'SIGKILL', 5_000),
  };
}

function firstMessage(child: ChildProcess, log: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const fail = (why: string): void => {
      settle();
      const said = existsSync(log) ? readFileSync(log, 'utf8').slice(-4_000) : '';
      reject(new Error(`The process of the systems ${why}.\n${said}`));
    };
    const ended = (): void => fail('ended');
    const timer = setTimeout(() => fail('did not start in time'), START_TIMEOUT_MS);
    const settle = (): void => {
      clearTimeout(timer);
      child.off('exit', ended);
    };
    child.once('exit', ended);
    child.once('message', (message) => {
      settle();
      resolve(message as string);
    });
  });
}
