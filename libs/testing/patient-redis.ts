import { REDIS_TIMEOUT_MS } from '@rookery/redis';

/**
 * Lets the suite that calls this in its `describe`, before `ownSystem()`, wait long for cache and rate limits: an app that
 * Redis answers too late counts for itself, which on a busy machine happens by chance. Where Redis is gone its commands
 * fail at once all the same.
 */
export function patientRedis(): void {
  const { cache } = REDIS_TIMEOUT_MS;
  beforeAll(() => void Object.assign(REDIS_TIMEOUT_MS, { cache: 20_000 }));
  afterAll(() => void Object.assign(REDIS_TIMEOUT_MS, { cache }));
}
