import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Type } from '@nestjs/common';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import type { Context } from '@rookery/application';
import { Sql, Transaction } from '@rookery/persistence';
import { createWebApp } from '@rookery/web';
import { createApi } from '../../apps/api/src/api';
import { WorkerModule } from '../../apps/worker/src/worker.module';
import { startMailbox } from '../../tools/parts/mailbox.mts';
import { startRedis } from '../../tools/parts/redis.mts';
import { createTestDatabase } from './database';
import { Inbox } from './inbox';

/** What a request to the api was answered with. */
export interface Answer {
  status: number;
  headers: Record<string, string | string[] | number | undefined>;
  /** The body, parsed where it is JSON. */
  // eslint-disable-next-line @typescript-eslint/no-explicit-any
  body: any;
}

/** A request to the api. */
export interface Ask {
  body?: unknown;
  headers?: Record<string, string>;
  /** Access token. */
  token?: string;
}

type Redis = Awaited<ReturnType<typeof startRedis>>;

/** Api and worker in this process, on a database, a Redis and a mailbox of their own. */
export class TestSystem {
  private readonly moreApps: NestFastifyApplication[] = [];

  private constructor(
    private readonly contexts: readonly Context[],
    private readonly folder: string,
    private readonly database: { url: string; drop(): Promise<void> },
    private readonly mailbox: { stop(): Promise<void> },
    private redisServer: Redis,
    readonly inbox: Inbox,
    readonly api: NestFastifyApplication,
    readonly worker: NestFastifyApplication,
  ) {}

  /**
   * Starts them; call {@link stop} in `afterAll`.
   *
   * @param contexts that both are made of
   * @param settings environment variables besides those of the parts
   * @param reach turn the addresses of parts into those to use, to put something in between
   */
  static async start(
    contexts: readonly Context[],
    settings: Record<string, string> = {},
    reach: Partial<Record<'database' | 'redis', (url: string) => Promise<string>>> = {},
  ): Promise<TestSystem> {
    const folder = await mkdtemp(join(tmpdir(), 'rookery-suite-'));
    const [database, redis, mailbox] = await Promise.all([
      createTestDatabase(),
      startRedis({ dataDir: join(folder, 'redis'), durable: false }),
      startMailbox({ dataDir: join(folder, 'mail') }),
    ]);
    Object.assign(process.env, {
      NODE_ENV: 'test',
      LOG_LEVEL: 'silent',
      PORT: '0',
      DATABASE_URL: (await reach.database?.(database.url)) ?? database.url,
      DATABASE_POOL_SIZE: '10',
      REDIS_URL: (await reach.redis?.(redis.url)) ?? redis.url,
      SMTP_URL: mailbox.smtpUrl,
      PUBLIC_URL: 'http://rookery.test',
      RATE_LIMIT_ENABLED: 'false',
      ...settings,
    });
    const api = await createApi(contexts);
    await api.init();
    await api.getHttpAdapter().getInstance().ready();
    const worker = await createWebApp(WorkerModule.of(contexts));
    await worker.init();
    return new TestSystem(contexts, folder, database, mailbox, redis, new Inbox(mailbox.url), api, worker);
  }

  /** Sends a request to the api, `POST /v1/auth/login`. */
  async ask(route: string, { body, headers = {}, token }: Ask = {}): Promise<Answer> {
    const [method, url] = route.split(' ') as ['GET', string];
    const response = await this.api.inject({
      method,
      url,
      headers: { ...headers, ...(token && { authorization: `Bearer ${token}` }) },
      ...(body !== undefined && { payload: body as object }),
    });
    const json = /json/.test(String(response.headers['content-type'] ?? ''));
    return {
      status: response.statusCode,
      headers: response.headers,
      body: json && response.body !== '' ? response.json() : response.body,
    };
  }

  /** @returns a provider of the api, whichever module it is in. */
  inApi<T>(type: Type<T>): T {
    return this.api.get(type, { strict: false });
  }

  /** @returns a provider of the worker, whichever module it is in. */
  inWorker<T>(type: Type<T>): T {
    return this.worker.get(type, { strict: false });
  }

  /** @returns the rows of a statement; may write. */
  async sql<Row extends object>(text: string, values: unknown[] = []): Promise<Row[]> {
    return this.inApi(Transaction).run(() => this.inApi(Sql).rows<Row>(text, values));
  }

  /**
   * Starts another worker beside the first; {@link stop} ends it where the suite has not.
   *
   * @param contexts whose work it does; those of the system by default
   */
  async startWorker(contexts = this.contexts): Promise<NestFastifyApplication> {
    const worker = await createWebApp(WorkerModule.of(contexts));
    this.moreApps.push(await worker.init());
    return worker;
  }

  /** Starts another api beside the first; {@link stop} ends it. */
  async startApi(): Promise<NestFastifyApplication> {
    const api = await createApi(this.contexts);
    this.moreApps.push(await api.init());
    await api.getHttpAdapter().getInstance().ready();
    return api;
  }

  /** Kills Redis; with it goes all it held. */
  async killRedis(): Promise<void> {
    await this.redisServer.stop('SIGKILL');
  }

  /** Starts Redis again, empty, where it was. */
  async startRedisEmpty(): Promise<void> {
    const { port } = this.redisServer;
    this.redisServer = await startRedis({ dataDir: join(this.folder, 'redis'), port, durable: false });
  }

  async stop(): Promise<void> {
    await Promise.all([this.api, this.worker, ...this.moreApps].map((app) => app.close()));
    await Promise.allSettled([this.redisServer.stop(), this.mailbox.stop(), this.database.drop()]);
    await rm(this.folder, { recursive: true, force: true });
  }
}
