import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Abstract, Type } from '@nestjs/common';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import type { Context } from '@rookery/application';
import { rootLogger } from '@rookery/observability';
import { createWebApp } from '@rookery/web';
import { symbols } from 'pino';
import { createApi } from '../../apps/api/src/api';
import { WorkerModule } from '../../apps/worker/src/worker.module';
import { startMailbox } from '../../tools/parts/mailbox.mts';
import { startRedis } from '../../tools/parts/redis.mts';
import { createTestDatabase, type TestDatabase } from './database';
import { callFixture } from './fixtures';
import { type SystemAddresses, TestSystem } from './system';

type Redis = Awaited<ReturnType<typeof startRedis>>;

/** Servers of an {@link OwnSystem}. */
interface Parts {
  folder: string;
  database: TestDatabase;
  redis: Redis;
  mailbox: { stop(): Promise<void> };
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
    /** Every log line of the apps. */
    readonly logged: readonly string[],
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
    reach: Partial<Record<'database' | 'redis', (url: string) => Promise<string>>> = {},
  ): Promise<OwnSystem> {
    const folder = await mkdtemp(join(tmpdir(), 'rookery-suite-'));
    const [database, redis, mailbox] = await Promise.all([
      createTestDatabase(),
      startRedis({ dataDir: join(folder, 'redis'), durable: false }),
      startMailbox({ dataDir: join(folder, 'mail') }),
    ]);
    Object.assign(process.env, {
      NODE_ENV: 'test',
      LOG_LEVEL: 'error',
      PORT: '0',
      DATABASE_URL: (await reach.database?.(database.url)) ?? database.url,
      DATABASE_POOL_SIZE: '10',
      REDIS_URL: (await reach.redis?.(redis.url)) ?? redis.url,
      SMTP_URL: mailbox.smtpUrl,
      PUBLIC_URL: 'http://rookery.test',
      RATE_LIMIT_ENABLED: 'false',
      ...settings,
    });
    const logged: string[] = [];
    // Every logger of the process inherits from this one, including its output stream.
    Object.assign(rootLogger(), { [symbols.streamSym]: { write: (line: string) => logged.push(line) } });
    const api = await createApi(contexts);
    await api.listen(0, '127.0.0.1');
    const worker = await createWebApp(WorkerModule.of(contexts));
    await worker.listen(0, '127.0.0.1');
    return new OwnSystem(contexts, { folder, database, redis, mailbox }, api, worker, logged, {
      apiUrl: await api.getUrl(),
      workerUrl: await worker.getUrl(),
      databaseUrl: database.url,
      redisUrl: redis.url,
      mailboxUrl: mailbox.url,
    });
  }

  protected override logOf(requestId: string): string[] {
    return this.logged.filter((line) => line.includes(requestId));
  }

  override fixture<T>(name: string, args: object): Promise<T> {
    return callFixture(this.contexts, this.api, name, args) as Promise<T>;
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
   * Starts another worker beside the first; {@link stop} stops it if the suite has not.
   *
   * @param contexts contexts whose work it does; those of the system by default
   */
  async startWorker(contexts = this.contexts): Promise<NestFastifyApplication> {
    const worker = await createWebApp(WorkerModule.of(contexts));
    this.moreApps.push(worker); // one that fails to start must be closed too
    return worker.init();
  }

  /** Starts another api beside the first; {@link stop} stops it. */
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

  /** Starts Redis again, empty, at the same address. */
  async startRedisEmpty(): Promise<void> {
    const { port } = this.parts.redis;
    this.parts.redis = await startRedis({ dataDir: join(this.parts.folder, 'redis'), port, durable: false });
  }

  async stop(): Promise<void> {
    const { folder, database, redis, mailbox } = this.parts;
    await this.disconnect();
    await Promise.all([this.api, this.worker, ...this.moreApps].map((app) => app.close()));
    await Promise.allSettled([redis.stop(), mailbox.stop(), database.drop()]);
    await rm(folder, { recursive: true, force: true });
  }
}
