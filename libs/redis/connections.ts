import { Injectable, Logger, type OnApplicationShutdown } from '@nestjs/common';
import { HealthChecks } from '@rookery/observability';
import { Redis, type RedisOptions } from 'ioredis';
import { CircuitBreaker } from './circuit-breaker';
import { LimitedRedis } from './limited-redis';
import { RedisSettings } from './settings';
import { REDIS_TIMEOUT_MS } from './time-limit';

/** Prefix of every key; the braces keep all of them in one slot of a cluster, so that scripts may touch several. */
export const PREFIX = '{rookery}';

/**
 * Milliseconds without an answer to what was sent after which a connection is replaced. A command's own time limit
 * rejects but leaves the connection: when its other end is gone without a word, every further command would run into
 * the limit.
 */
const SOCKET_TIMEOUT_MS = 3_000;
/** The same for blocking commands: BullMQ lets them wait for 10 s at most. */
const BLOCKING_SOCKET_TIMEOUT_MS = 15_000;
/** A connection that only listens sends nothing that could remain unanswered, but this. */
const PING_MS = 5_000;

/** Opens connections to Redis and closes them at the end. */
@Injectable()
export class RedisConnections implements OnApplicationShutdown {
  private readonly log = new Logger('Redis');
  private readonly open: Redis[] = [];
  /** For single commands: fails within a second while Redis is away instead of waiting for it. */
  readonly shared: Redis;
  /** For the cache and the rate limits, which do without: fails at once while Redis is away, else within 250 ms. */
  readonly cache: Redis;
  /** Of `cache`: whoever goes on without an answer asks through it, so that all notice together that there is none. */
  readonly cacheBreaker = new CircuitBreaker('Redis of cache and rate limits');

  constructor(
    private readonly settings: RedisSettings,
    health: HealthChecks,
  ) {
    this.shared = this.connect(
      { maxRetriesPerRequest: 0, enableOfflineQueue: false },
      { limitMs: REDIS_TIMEOUT_MS.command },
    );
    health.addDependency('redis', async () => void (await this.shared.ping()), {
      critical: false,
      ready: 'once',
    });
    this.cache = this.connect(
      { maxRetriesPerRequest: 0, enableOfflineQueue: false },
      { limitMs: REDIS_TIMEOUT_MS.cache, url: settings.redisCacheUrl || settings.redisUrl },
    );
    health.addDependency('cache', async () => void (await this.cache.ping()), {
      critical: false,
      ready: 'never',
    });
  }

  /**
   * @returns a connection for a BullMQ worker, whose commands wait for Redis to come back. The duplicate that the worker
   *   makes of it is for its blocking commands.
   */
  blocking(): Redis {
    const redis = this.connect({ maxRetriesPerRequest: null });
    redis.duplicate = (override) =>
      this.connect({
        maxRetriesPerRequest: null,
        socketTimeout: BLOCKING_SOCKET_TIMEOUT_MS,
        ...override,
      });
    return redis;
  }

  /**
   * @returns a connection for BullMQ's other commands, which fail while Redis is away. Its commands have no time limit of
   *   their own: BullMQ does not recover a queue whose first one failed. `withinTimeLimit` bounds what is asked of it.
   */
  producing(): Redis {
    return this.connect({ maxRetriesPerRequest: 1, enableOfflineQueue: false });
  }

  /** @returns a connection that is subscribed to a channel whenever Redis is there; it emits `message`. */
  listening(channel: string): Redis {
    // ioredis drops the promise of its own resubscription: a shutdown at that moment would be an unhandled rejection.
    const redis = this.connect({ maxRetriesPerRequest: null, autoResubscribe: false });
    redis.on('ready', () => {
      redis.subscribe(channel).catch((error: Error) => {
        if (redis.status === 'ready') this.log.warn(`Not subscribed to ${channel}: ${error.message}`);
      });
    });
    const ping = setInterval(() => {
      if (redis.status === 'ready') redis.ping().catch(() => undefined);
    }, PING_MS).unref();
    redis.on('end', () => clearInterval(ping));
    return redis;
  }

  onApplicationShutdown(): void {
    for (const redis of this.open) redis.disconnect();
  }

  private connect(
    own: RedisOptions,
    { url = this.settings.redisUrl, limitMs }: { url?: string; limitMs?: number } = {},
  ): Redis {
    const options: RedisOptions = {
      socketTimeout: SOCKET_TIMEOUT_MS,
      ...own,
      connectTimeout: 2_000,
      // Each connection that had been lost before keeps a process alive for so long at its end.
      disconnectTimeout: 200,
      keepAlive: 5_000,
      retryStrategy: (times) => Math.min(50 * 2 ** times, 1_000),
    };
    const redis = limitMs === undefined ? new Redis(url, options) : new LimitedRedis(url, limitMs, options);
    let silent = false;
    redis.on('error', (error: Error) => {
      if (!silent) this.log.warn(`Redis is away: ${error.message}`);
      silent = true;
    });
    redis.on('ready', () => {
      if (silent) this.log.log('Redis is back.');
      silent = false;
    });
    redis.on('close', () => forgetSocketTimeout(redis));
    this.open.push(redis);
    return redis;
  }
}

/** ioredis 5.11 lets the timer of a connection that was lost run on, and then ends the connection that replaced it. */
function forgetSocketTimeout(redis: Redis): void {
  const holder = redis as unknown as { socketTimeoutTimer: NodeJS.Timeout | undefined };
  clearTimeout(holder.socketTimeoutTimer);
  holder.socketTimeoutTimer = undefined;
}
