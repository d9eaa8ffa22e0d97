import { Injectable, Logger, type OnApplicationShutdown } from '@nestjs/common';
import { HealthChecks } from '@rookery/observability';
import { Redis, type RedisOptions } from 'ioredis';
import { CircuitBreaker } from './circuit-breaker';
import { LimitedRedis } from './limited-redis';
import { RedisSettings } from './settings';
import { REDIS_TIMEOUT_MS } from './time-limit';

/** Prefix of every key; the braces keep all of them in one slot of a cluster, so that scripts can use several keys. */
export const PREFIX = '{rookery}';

/**
 * Milliseconds without a response after which a connection is replaced. A command's own timeout rejects but keeps the
 * connection: if the peer disappeared silently, every further command would time out too.
 */
const SOCKET_TIMEOUT_MS = 3_000;
/** The same for blocking commands: BullMQ lets them block for at most 10 s. */
const BLOCKING_SOCKET_TIMEOUT_MS = 15_000;
/** A subscriber connection sends only this ping, so nothing else could remain unanswered. */
const PING_MS = 5_000;
const CHANNELS_PER_COMMAND = 1_000;

/** Opens connections to Redis and closes them on shutdown. */
@Injectable()
export class RedisConnections implements OnApplicationShutdown {
  private readonly log = new Logger('Redis');
  private readonly open: Redis[] = [];
  /** For single commands: fails within a second while Redis is down, instead of waiting for it. */
  readonly shared: Redis;
  /**
   * For the cache and the rate limits, which work without Redis: fails at once while Redis is down, otherwise within
   * 250 ms.
   */
  readonly cache: Redis;
  /** The circuit breaker of `cache`, shared by all callers that can continue without Redis. */
  readonly cacheBreaker = new CircuitBreaker('Redis of cache and rate limits');

  constructor(
    private readonly settings: RedisSettings,
    health: HealthChecks,
  ) {
    this.shared = this.connect(
      { maxRetriesPerRequest: 0, enableOfflineQueue: false },
      { limitMs: REDIS_TIMEOUT_MS.command },
    );
    health.addDependency('redis', () => this.checkQueues(), {
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
   * @returns a connection for a BullMQ worker, whose commands wait until Redis is back. The worker duplicates it for
   *   its blocking commands.
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
   * @returns a connection for BullMQ's other commands, which fail while Redis is down. Its commands have no timeout of
   *   their own, because BullMQ does not recover a queue whose first command failed. Use `withinTimeLimit` around
   *   calls.
   */
  producing(): Redis {
    return this.connect({ maxRetriesPerRequest: 1, enableOfflineQueue: false });
  }

  /**
   * @param channels a channel, or the channels at the time of the call
   * @param subscribed called when it is subscribed to all of them; messages since the loss of the previous connection
   *   were missed
   * @returns a connection that is subscribed whenever Redis is available; it emits `message`
   */
  listening(channels: string | (() => readonly string[]), subscribed: () => void = () => undefined): Redis {
    // ioredis drops the promise of its own resubscription: a shutdown at that moment would be an unhandled rejection.
    const redis = this.connect({ maxRetriesPerRequest: null, autoResubscribe: false });
    const subscribe = async (): Promise<void> => {
      const all = typeof channels === 'string' ? [channels] : channels();
      for (let start = 0; start < all.length; start += CHANNELS_PER_COMMAND)
        await redis.subscribe(...all.slice(start, start + CHANNELS_PER_COMMAND));
      subscribed();
    };
    redis.on('ready', () => {
      subscribe().catch((error: Error) => {
        if (redis.status === 'ready') this.log.warn(`Not subscribed to channels: ${error.message}`);
      });
    });
    const ping = setInterval(() => {
      if (redis.status === 'ready') redis.ping().catch(() => undefined);
    }, PING_MS).unref();
    redis.on('end', () => clearInterval(ping));
    return redis;
  }

  /** BullMQ requires `noeviction`: it cannot process a queue of which keys are missing. */
  private async checkQueues(): Promise<void | { degraded: string }> {
    const memory = await this.shared.info('memory').catch((error: Error) => {
      // A user without the right to INFO.
      if (error.message.startsWith('NOPERM')) return '';
      throw error;
    });
    const policy = /^maxmemory_policy:(\S+)/m.exec(memory)?.[1] ?? 'noeviction';
    if (policy === 'noeviction') return;
    return {
      degraded: `maxmemory-policy is ${policy}: when memory is full, Redis deletes jobs; set it to noeviction`,
    };
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
      // A connection that was lost earlier keeps the process alive for this time during shutdown.
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
    redis.on('reconnecting', () => unrefReconnect(redis));
    this.open.push(redis);
    return redis;
  }
}

/** ioredis 5.11 does not clear the timer of a lost connection, which then ends the connection that replaced it. */
function forgetSocketTimeout(redis: Redis): void {
  const holder = redis as unknown as { socketTimeoutTimer: NodeJS.Timeout | undefined };
  clearTimeout(holder.socketTimeoutTimer);
  holder.socketTimeoutTimer = undefined;
}

/** Lets a process end while Redis is down if it has nothing else to do, for example after a failed start. */
function unrefReconnect(redis: Redis): void {
  (redis as unknown as { reconnectTimeout: NodeJS.Timeout | null }).reconnectTimeout?.unref();
}
