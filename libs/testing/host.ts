import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { contexts } from '@rookery/contexts';
import { rootLogger } from '@rookery/observability';
import { REDIS_TIMEOUT_MS } from '@rookery/redis';
import { createWebApp } from '@rookery/web';
import { createApi } from '../../apps/api/src/api';
import { WorkerModule } from '../../apps/worker/src/worker.module';
import { callFixture } from './fixtures';
import { injectInto } from './inject';
import { redisIsBack } from './redis-is-back';
import type { Injected } from './system';

/** Api and worker of one system. */
class Hosted {
  private constructor(
    private readonly apps: Record<'api' | 'worker', NestFastifyApplication>,
    /** The environment before its start. */
    private readonly before: NodeJS.ProcessEnv,
  ) {}

  static async start(settings: Record<string, string>): Promise<Hosted> {
    const before = { ...process.env };
    use({ ...process.env, ...settings });
    try {
      const api = await createApi(contexts);
      await api.listen(0, '127.0.0.1');
      const worker = await createWebApp(WorkerModule.of(contexts));
      await worker.listen(0, '127.0.0.1');
      return new Hosted({ api, worker }, before);
    } catch (error) {
      use(before);
      throw error;
    }
  }

  async addresses(): Promise<{ apiUrl: string; workerUrl: string }> {
    return { apiUrl: await this.apps.api.getUrl(), workerUrl: await this.apps.worker.getUrl() };
  }

  perform(action: string, args: object): Promise<unknown> {
    if (action === 'inject') return injectInto(this.apps.api, args as Injected);
    if (action === 'close-worker') return this.apps.worker.close();
    if (action === 'redis-is-back') return redisIsBack(this.apps.api);
    const [fixture, where] = action.split('@') as [string, 'api' | 'worker'];
    return callFixture(contexts, this.apps[where], fixture, args);
  }

  async stop(): Promise<void> {
    await Promise.all([this.apps.api.close(), this.apps.worker.close()]);
    use(this.before);
  }
}

function use(environment: NodeJS.ProcessEnv): void {
  for (const name of Object.keys(process.env)) if (!(name in environment)) delete process.env[name];
  Object.assign(process.env, environment);
  // Loggers that are created later inherit it.
  rootLogger().level = environment.LOG_LEVEL ?? 'error';
}

/** Runs systems one after the other in one process, so that only the first has to load Nest and its dependencies. */
function host(): void {
  const systems = new Map<string, Hosted>();
  let anyStopped = false;
  process.on('unhandledRejection', (error) => {
    console.error(error);
    // As during the shutdown of an app: a connection that is closed while it reconnects rejects its waiting commands.
    if (!anyStopped) process.exit(1);
  });
  const perform = async (path: string, args: object): Promise<unknown> => {
    const [name, action] = path.split('/') as [string, string];
    if (action === 'start') {
      const system = await Hosted.start(args as Record<string, string>);
      systems.set(name, system);
      return system.addresses();
    }
    const system = systems.get(name);
    if (!system) throw new Error(`No system named ${name} is running.`);
    if (action !== 'stop') return system.perform(action, args);
    systems.delete(name);
    anyStopped = true;
    return system.stop();
  };
  const server = createServer((request, response) => {
    text(request)
      .then((args) => perform(request.url!.slice(1), JSON.parse(args) as object))
      .then((result) => response.end(JSON.stringify(result ?? null)))
      .catch((error: Error) => response.writeHead(500).end(error.stack));
  });
  server.listen(0, '127.0.0.1', () =>
    process.send!(`http://127.0.0.1:${(server.address() as AddressInfo).port}`),
  );
}

// If Redis does not respond in time, an app uses its own counters and caches. On a busy machine this would happen at
// random. If a suite stops Redis, its commands still fail immediately.
Object.assign(REDIS_TIMEOUT_MS, { cache: 5_000 });
process.once('disconnect', () => process.exit(0));
host();
