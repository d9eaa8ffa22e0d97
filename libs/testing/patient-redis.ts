import { REDIS_TIMEOUT_MS } from '@rookery/redis';

/**
 * Call it in a `describe` before `ownSystem()`: the suite then waits long for cache and rate limits. Otherwise an app
 * uses its own counters if Redis responds late, which happens at random on a busy machine. If Redis is stopped, its
 * commands still fail immediately.
 */
export function patientRedis(): void {
  const { cache } = REDIS_TIMEOUT_MS;
  beforeAll(() => void Object.assign(REDIS_TIMEOUT_MS, { cache: 20_000 }));
  afterAll(() => void Object.assign(REDIS_TIMEOUT_MS, { cache }));
}
