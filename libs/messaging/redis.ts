import { Injectable, Logger, type OnApplicationShutdown } from '@nestjs/common';
import { HealthChecks } from '@rookery/observability';
import { Redis, type RedisOptions } from 'ioredis';
import { QueueSettings } from './settings';

/** Prefix of every key; the braces keep all of them in one slot of a cluster, so that scripts may touch several. */
export const PREFIX = '{rookery}';

/** Opens connections to Redis and closes them at the end. */
@Injectable()
export class RedisConnections implements OnApplicationShutdown {
  private readonly log = new Logger('Redis');
  private readonly open: Redis[] = [];
  /** For single commands: fails within a second while Redis is away instead of waiting for it. */
  readonly shared: Redis;

  constructor(
    private readonly settings: QueueSettings,
    health: HealthChecks,
  ) {
    this.shared = this.connect({ maxRetriesPerRequest: 0, enableOfflineQueue: false, commandTimeout: 1_000 });
    health.addDependency('redis', async () => void (await this.shared.ping()), {
      critical: false,
      ready: 'once',
    });
  }

  /** @returns a connection for BullMQ's blocking commands, which wait for Redis to come back. */
  blocking(): Redis {
    return this.connect({ maxRetriesPerRequest: null });
  }

  /** @returns a connection for BullMQ's other commands, which fail while Redis is away. */
  producing(): Redis {
    return this.connect({ maxRetriesPerRequest: 1, enableOfflineQueue: false });
  }

  /** @returns a connection that only listens; it subscribes again by itself when Redis comes back. */
  listening(): Redis {
    return this.connect({ maxRetriesPerRequest: null });
  }

  onApplicationShutdown(): void {
    for (const redis of this.open) redis.disconnect();
  }

  private connect(options: RedisOptions): Redis {
    const redis = new Redis(this.settings.redisUrl, {
      ...options,
      connectTimeout: 2_000,
      // Each connection that had been lost before keeps a process alive for so long at its end.
      disconnectTimeout: 200,
      keepAlive: 5_000,
      retryStrategy: (times) => Math.min(50 * 2 ** times, 1_000),
    });
    let silent = false;
    redis.on('error', (error: Error) => {
      if (!silent) this.log.warn(`Redis is away: ${error.message}`);
      silent = true;
    });
    redis.on('ready', () => {
      if (silent) this.log.log('Redis is back.');
      silent = false;
    });
    this.open.push(redis);
    return redis;
  }
}
