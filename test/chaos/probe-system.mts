import { readFileSync, rmSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { Redis } from 'ioredis';
import { Client, type QueryResultRow } from 'pg';
import { temporaryFolder } from '../../tools/parts/folders.mts';
import { findFreePort } from '../../tools/parts/ports.mts';
import { type RunningPostgres, startPostgres } from '../../tools/parts/postgres.mts';
import { type RunningRedis, startRedis } from '../../tools/parts/redis.mts';
import { runNode } from '../../tools/support/commands.mts';
import { type EffectsReceiver, startEffectsReceiver } from './effects-receiver.mts';
import { ProbeProcess } from './probe-process.mts';

export interface ProbeSystemOptions {
  /** compiled code; default `dist` */
  dist?: string;
  apis?: number;
  workers?: number;
  /** additional environment variables of the processes */
  env?: Record<string, string>;
  /** parameters of the processes' connections to PostgreSQL, `statement_timeout=60000`; they override those of the app */
  connection?: string;
}

/** Durable PostgreSQL and Redis and real api and worker processes of the probe build, all of which can be broken. */
export class ProbeSystem {
  readonly folder: string;
  readonly effects: EffectsReceiver;
  apis: ProbeProcess[] = [];
  workers: ProbeProcess[] = [];
  private readonly dist: string;
  private postgres: RunningPostgres;
  private redis: RunningRedis;

  private constructor(folder: string, dist: string, parts: [RunningPostgres, RunningRedis, EffectsReceiver]) {
    this.folder = folder;
    this.dist = dist;
    [this.postgres, this.redis, this.effects] = parts;
  }

  /** Starts everything and waits until it is ready; always call {@link stop}. */
  static async start({
    dist = 'dist',
    apis = 1,
    workers = 1,
    env = {},
    connection = '',
  }: ProbeSystemOptions = {}): Promise<ProbeSystem> {
    const folder = temporaryFolder('rookery-chaos');
    const parts = await Promise.all([
      startPostgres({ dataDir: join(folder, 'postgres') }),
      startRedis({ dataDir: join(folder, 'redis') }),
      startEffectsReceiver(),
    ]);
    const system = new ProbeSystem(folder, resolve(dist), parts);
    try {
      await runNode(join(system.dist, 'migrations', 'migrate.js'), [], {
        env: { DATABASE_URL: system.postgres.url },
        quiet: true,
      });
      await system.sql(readFileSync(resolve('test/probe/schema.sql'), 'utf8'));
      const own = { DATABASE_URL: `${system.postgres.url}?${connection}`, ...env };
      for (let number = 1; number <= apis; number += 1)
        system.apis.push(await system.process('api', number, own));
      for (let number = 1; number <= workers; number += 1)
        system.workers.push(await system.process('worker', number, own));
      for (const each of system.processes) each.start();
      await Promise.all(system.processes.map((each) => each.untilReady()));
      return system;
    } catch (error) {
      await system.stop();
      throw error;
    }
  }

  get processes(): readonly ProbeProcess[] {
    return [...this.apis, ...this.workers];
  }

  get databaseUrl(): string {
    return this.postgres.url;
  }

  get redisUrl(): string {
    return this.redis.url;
  }

  /** @returns the rows of a statement, over a new connection; without values several statements are allowed. */
  async sql<Row extends QueryResultRow>(text: string, values?: unknown[]): Promise<Row[]> {
    const client = new Client({ connectionString: this.postgres.url, connectionTimeoutMillis: 30_000 });
    client.on('error', () => undefined);
    await client.connect();
    try {
      return (await client.query<Row>(text, values)).rows;
    } finally {
      await client.end();
    }
  }

  /** Crashes PostgreSQL. */
  async crashPostgres(): Promise<void> {
    await this.postgres.stop('immediate');
  }

  async startPostgres(): Promise<void> {
    this.postgres = await startPostgres({ dataDir: join(this.folder, 'postgres'), port: this.postgres.port });
  }

  /** Terminates all other sessions, active or idle. */
  async terminateSessions(): Promise<void> {
    await this.sql(
      `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
       WHERE datname = current_database() AND pid <> pg_backend_pid()`,
    );
  }

  async killRedis(): Promise<void> {
    await this.redis.stop('SIGKILL');
  }

  /** @param options.empty without its data */
  async startRedis({ empty }: { empty: boolean }): Promise<void> {
    const dataDir = join(this.folder, 'redis');
    if (empty) {
      for (const name of ['appendonlydir', 'dump.rdb'])
        rmSync(join(dataDir, name), { recursive: true, force: true });
    }
    this.redis = await startRedis({ dataDir, port: this.redis.port });
  }

  /**
   * Empties Redis.
   *
   * @throws Error if the Redis at the address is not the one that this system started
   */
  async flushRedis(): Promise<void> {
    await this.withRedis(async (redis) => {
      const [, folder] = (await redis.config('GET', 'dir')) as [string, string];
      if (folder !== resolve(this.folder, 'redis')) throw new Error(`Not our Redis: it lives in ${folder}.`);
      await redis.flushall();
    });
  }

  /** Runs a function with a connection to Redis. */
  async withRedis<T>(work: (redis: Redis) => Promise<T>): Promise<T> {
    const redis = new Redis(this.redis.url, { maxRetriesPerRequest: 3, lazyConnect: true });
    redis.on('error', () => undefined);
    try {
      await redis.connect();
      return await work(redis);
    } finally {
      redis.disconnect();
    }
  }

  /** Stops everything and removes its data. */
  async stop({ keepFolder = false } = {}): Promise<void> {
    for (const each of this.processes) each.send('SIGCONT');
    await Promise.all(this.processes.map((each) => each.kill()));
    this.effects.stop();
    await Promise.allSettled([this.postgres.stop('immediate'), this.redis.stop('SIGKILL')]);
    if (!keepFolder) rmSync(this.folder, { recursive: true, force: true });
  }

  private async process(
    app: 'api' | 'worker',
    number: number,
    env: Record<string, string>,
  ): Promise<ProbeProcess> {
    const port = await findFreePort();
    const name = `${app}-${number}`;
    return new ProbeProcess({
      name,
      script: join(this.dist, 'test', 'probe', `${app}.js`),
      port,
      logFile: join(this.folder, `${name}.log`),
      env: {
        NODE_ENV: 'test',
        LOG_LEVEL: 'warn',
        [app === 'api' ? 'PORT' : 'WORKER_PORT']: String(port),
        REDIS_URL: this.redis.url,
        SMTP_URL: 'smtp://127.0.0.1:9',
        PROBE_EFFECTS_URL: this.effects.url,
        RATE_LIMIT_ENABLED: 'false',
        ...env,
      },
    });
  }
}
