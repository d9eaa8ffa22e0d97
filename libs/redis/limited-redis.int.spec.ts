import { eventually } from '@rookery/testing';
import { createTestRedis, type TestRedis } from '@rookery/testing/redis';
import { LimitedRedis } from './limited-redis';

const LIMIT_MS = 1_000;

describe('a connection with a time limit for commands', () => {
  let server: TestRedis;
  let redis: LimitedRedis;

  beforeAll(async () => {
    server = await createTestRedis();
    redis = new LimitedRedis(server.url, LIMIT_MS, { maxRetriesPerRequest: 0 });
    await eventually(() => redis.ping());
  });
  afterAll(async () => {
    redis.disconnect();
    await server.stop();
  });

  it('accepts a response that arrived in time although the process was blocked longer than the timeout', async () => {
    const answer = redis.ping();
    const until = performance.now() + 2 * LIMIT_MS;
    while (performance.now() < until);
    expect(await answer).toBe('PONG');
  });

  it('rejects a command without a response', async () => {
    await expect(redis.blpop('nothing-is-pushed-here', 0)).rejects.toThrow('Command timed out');
  });
});
