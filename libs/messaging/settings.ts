import { defineSettings, refuseDefaultPassword, setting } from '@rookery/settings';
import { z } from 'zod';

const concurrency = z.coerce.number().int().min(1).max(1_000);

/** Where the queues are and how much one worker does at once. */
export class QueueSettings extends defineSettings('Redis and queues', {
  redisUrl: setting('REDIS_URL', z.url({ protocol: /^rediss?$/, error: 'must be a redis:// URL' }), {
    doc: 'The Redis server of the queues (6.2 or newer, noeviction), as redis://:password@host:port.',
    production: refuseDefaultPassword,
  }),
  redisCacheUrl: setting('REDIS_CACHE_URL', z.union([z.literal(''), z.url({ protocol: /^rediss?$/ })]), {
    default: '',
    doc: 'Another Redis server for the cache and the rate limits; without it that of REDIS_URL.',
    production: refuseDefaultPassword,
  }),
  critical: setting('QUEUE_CONCURRENCY_CRITICAL', concurrency, {
    doc: 'Jobs one worker runs at once from each queue of class critical.',
    default: '6',
  }),
  default: setting('QUEUE_CONCURRENCY_DEFAULT', concurrency, {
    doc: 'Jobs one worker runs at once from each queue of class default.',
    default: '3',
  }),
  low: setting('QUEUE_CONCURRENCY_LOW', concurrency, {
    doc: 'Jobs one worker runs at once from each queue of class low.',
    default: '1',
  }),
}) {}
