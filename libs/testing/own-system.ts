import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Abstract, Type } from '@nestjs/common';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import type { Context } from '@rookery/application';
import { rootLogger } from '@rookery/observability';
import { RedisConnections } from '@rookery/redis';
import { createWebApp } from '@rookery/web';
import { symbols } from 'pino';
import { createApi } from '../../apps/api/src/api';
import { WorkerModule } from '../../apps/worker/src/worker.module';
import { startMailbox } from '../../tools/parts/mailbox.mts';
import { startRedis } from '../../tools/parts/redis.mts';
import type { StorageAddress } from '../../tools/parts/storage-address.mts';
import { createTestDatabase, type TestDatabase } from './database';
import { callFixture } from './fixtures';
import { inHooks } from './in-hooks';
import { injectInto } from './inject';
import { post } from './post';
import { redisIsBack } from './redis-is-back';
import { type Injected, type InjectedAnswer, type SystemAddresses, TestSystem } from './system';

type Redis = Awaited<ReturnType<typeof startRedis>>;

/** Servers of an {@link OwnSystem}. */
interface Parts {
  folder: string;
  database: TestDatabase;
  redis: Redis;
  mailbox: { stop(): Promise<void> };
  storage: StorageAddress;
}

/**
 * A system in the process of one suite, for suites that break parts, need their own settings, add contexts or inspect
 * providers.
 */
export class OwnSystem extends TestSystem {
  private readonly moreApps: NestFastifyApplication[] = [];

  private constructor(
    private readonly contexts: readonly Context[],
    private readonly parts: Parts,
    readonly api: NestFastifyApplication,
    readonly worker: NestFastifyApplication,
    override readonly logged: readonly string[],
    addresses: SystemAddresses,
  ) {
    super(addresses);
  }

  /**
   * Starts it; {@link ownSystem} also stops it.
   *
   * @param contexts contexts of both apps
   * @param settings additional environment variables
   * @param reach map the URLs of servers to those to use, for example of a proxy
   */
  static async start(
    contexts: readonly Context[],
    settings: Record<string, string> = {},
    reach: Partial<Record<'database' | 'redis' | 'storage', (url: string) => Promise<string>>> = {},
  ): Promise<OwnSystem> {
    const folder = await mkdtemp(join(tmpdir(), 'rookery-suite-'));
    const [database, redis, mailbox, storage] = await Promise.all([
      createTestDatabase(),
      startRedis({ dataDir: join(folder, 'redis'), durable: false }),
      startMailbox({ dataDir: join(folder, 'mail') }),
      startStorage(),
    ]);
    Object.assign(process.env, {
      NODE_ENV: 'test',
      LOG_LEVEL: 'error',
      PORT: '0',
      DATABASE_URL: (await reach.database?.(database.url)) ?? database.url,
      DATABASE_POOL_SIZE: '10',
      REDIS_URL: (await reach.redis?.(redis.url)) ?? redis.url,
      SMTP_URL: mailbox.smtpUrl,
      ...storage,
      S3_ENDPOINT: (await reach.storage?.(storage.S3_ENDPOINT)) ?? storage.S3_ENDPOINT,
      PUBLIC_URL: 'http://rookery.test',
      RATE_LIMIT_ENABLED: 'false',
      WEBHOOK_ALLOWED_HOSTS: '127.0.0.1',
      ...settings,
    });
    const logged: string[] = [];
    // Every logger of the process inherits from this one, including its output stream.
    Object.assign(rootLogger(), { [symbols.streamSym]: { write: (line: string) => logged.push(line) } });
    const parts = { folder, database, redis, mailbox, storage };
    const apps: NestFastifyApplication[] = [];
    try {
      const api = await createApi(contexts);
      apps.push(api);
      await api.listen(0, '127.0.0.1');
      const worker = await createWebApp(WorkerModule.of(contexts));
      apps.push(worker);
      await worker.listen(0, '127.0.0.1');
      return new OwnSystem(contexts, parts, api, worker, logged, {
        apiUrl: await api.getUrl(),
        workerUrl: await worker.getUrl(),
        databaseUrl: database.url,
        redisUrl: redis.url,
        mailboxUrl: mailbox.url,
        storage,
      });
    } catch (error) {
      await end(apps, parts);
      throw error;
    }
  }

  override fixture<T>(name: string, args: object, where: 'api' | 'worker' = 'api'): Promise<T> {
    return callFixture(this.contexts, this[where], name, args) as Promise<T>;
  }

  override redis(command: string, ...args: (string | number)[]): Promise<unknown> {
    return this.inApi(RedisConnections).shared.call(command, ...args);
  }

  /** @returns a provider of the api, whichever module it is in. */
  inApi<T>(type: Type<T> | Abstract<T>): T {
    return this.api.get(type, { strict: false });
  }

  /** @returns a provider of the worker, whichever module it is in. */
  inWorker<T>(type: Type<T>): T {
    return this.worker.get(type, { strict: false });
  }

  /**
   * Starts another worker next to the first; {@link stop} stops it if the suite has not.
   *
   * @param contexts contexts whose subscribers and schedules it runs; those of the system by default
   */
  async startWorker(contexts = this.contexts): Promise<NestFastifyApplication> {
    const worker = await createWebApp(WorkerModule.of(contexts));
    this.moreApps.push(worker); // one that fails to start must be closed, too
    return worker.init();
  }

  /** Starts another api next to the first; {@link stop} stops it. */
  async startApi(): Promise<NestFastifyApplication> {
    const api = await createApi(this.contexts);
    this.moreApps.push(await api.init());
    await api.getHttpAdapter().getInstance().ready();
    return api;
  }

  /** Kills Redis; its data is lost. */
  async killRedis(): Promise<void> {
    await this.parts.redis.stop('SIGKILL');
  }

  /** Starts Redis again, empty, at the same address, and waits until the api has connected to it. */
  async startRedisEmpty(): Promise<void> {
    const { port } = this.parts.redis;
    this.parts.redis = await startRedis({ dataDir: join(this.parts.folder, 'redis'), port, durable: false });
    await redisIsBack(this.api);
  }

  protected override inject(request: Injected): Promise<InjectedAnswer> {
    return injectInto(this.api, request);
  }

  async stop(): Promise<void> {
    await this.disconnect();
    await end([this.api, this.worker, ...this.moreApps], this.parts);
  }
}

/** Runs in the process of the systems, because it takes long to load. */
function startStorage(): Promise<StorageAddress> {
  return post(`${process.env.ROOKERY_TEST_SYSTEMS_URL}/storage/start`);
}

function stopStorage(storage: StorageAddress): Promise<void> {
  return post(`${process.env.ROOKERY_TEST_SYSTEMS_URL}/storage/stop`, storage);
}

/** Stops the parts even if an app cannot be closed, because running parts keep the process of jest alive. */
async function end(apps: readonly NestFastifyApplication[], parts: Parts): Promise<void> {
  const { folder, database, redis, mailbox, storage } = parts;
  try {
    await Promise.all(apps.map((app) => app.close()));
  } finally {
    await Promise.allSettled([redis.stop(), mailbox.stop(), database.drop(), stopStorage(storage)]);
    await rm(folder, { recursive: true, force: true });
  }
}

/**
 * Starts an {@link OwnSystem} before the tests of the suite that calls this in its `describe`, and stops it after them.
 *
 * @param contexts that both apps are made of
 * @param settings additional environment variables; a function if an earlier hook has to create them
 * @param reach see {@link OwnSystem.start}
 * @returns the system, to be used inside of tests and hooks
 */
export function ownSystem(
  contexts: readonly Context[],
  settings: Record<string, string> | (() => Record<string, string>) = {},
  reach?: Parameters<typeof OwnSystem.start>[2],
): OwnSystem {
  return inHooks(
    () => OwnSystem.start(contexts, typeof settings === 'function' ? settings() : settings, reach),
    (system) => system.stop(),
  );
}
