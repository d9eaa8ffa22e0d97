import { defineSettings, refuseDefaultPassword, setting } from '@rookery/settings';
import { z } from 'zod';

/** URLs of Redis. */
export class RedisSettings extends defineSettings('Redis', {
  redisUrl: setting('REDIS_URL', z.url({ protocol: /^rediss?$/, error: 'must be a redis:// URL' }), {
    doc: 'URL of the Redis server for the queues (6.2 or newer, noeviction), as redis://:password@host:port.',
    production: refuseDefaultPassword,
  }),
  redisCacheUrl: setting('REDIS_CACHE_URL', z.union([z.literal(''), z.url({ protocol: /^rediss?$/ })]), {
    default: '',
    doc: 'URL of a separate Redis server for the cache and the rate limits. Default: REDIS_URL.',
    production: refuseDefaultPassword,
  }),
}) {}
