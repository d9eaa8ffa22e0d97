import { RedisConnections } from '@rookery/redis';
import { eventually } from '@rookery/testing';
import { ownSystem } from '@rookery/testing/own-system';
import { patientRedis } from '@rookery/testing/patient-redis';
import { createTestRedis, type TestRedis } from '@rookery/testing/redis';
import { Cache } from '.';

describe('with a separate Redis (REDIS_CACHE_URL)', () => {
  let own: TestRedis;

  patientRedis();
  beforeAll(async () => {
    own = await createTestRedis();
  });
  const system = ownSystem([], () => ({
    REDIS_CACHE_URL: own.url,
    RATE_LIMIT_ENABLED: 'true',
    RATE_LIMIT_DEFAULT: '10/86400',
  }));
  afterAll(() => own.stop());

  const keysOfCache = (pattern: string) => system.inApi(RedisConnections).cache.keys(pattern);
  /** Repeated, because a busy machine may take longer than a command of the app may. */
  const keysOfQueues = (pattern: string) =>
    eventually(() => system.inApi(RedisConnections).shared.keys(pattern));

  it('the cache stores and deletes its entries there, and nothing in the Redis of the queues', async () => {
    const cache = system.inApi(Cache);
    expect(await cache.through('nest-7', 60, () => Promise.resolve('eggs'))).toBe('eggs');
    expect(await keysOfCache('*nest-7')).toEqual(['{rookery}:cache:nest-7']);
    expect(await keysOfQueues('*nest-7')).toEqual([]);
    await cache.forget('nest-7');
    expect(await keysOfCache('*nest-7')).toEqual([]);
  });

  it('the rate limits count there, and not in the Redis of the queues', async () => {
    expect((await system.ask('GET /v1/nowhere')).status).toBe(404);
    expect(await keysOfCache('*:rate:*')).not.toEqual([]);
    expect(await keysOfQueues('*:rate:*')).toEqual([]);
  });

  it('the cache works while the Redis of the queues is down', async () => {
    const cache = system.inApi(Cache);
    await cache.through('nest-8', 60, () => Promise.resolve('first'));
    await system.killRedis();
    try {
      expect(await cache.through('nest-8', 60, () => Promise.resolve('second'))).toBe('first');
    } finally {
      await system.startRedisEmpty();
    }
    await keysOfQueues('*');
  });
});
