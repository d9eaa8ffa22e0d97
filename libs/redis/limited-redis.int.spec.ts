import { createTestRedis, type TestRedis } from '@rookery/testing/redis';
import { LimitedRedis } from './limited-redis';

const LIMIT_MS = 250;

describe('a connection with a time limit for commands', () => {
  let server: TestRedis;
  let redis: LimitedRedis;

  beforeAll(async () => {
    server = await createTestRedis();
    redis = new LimitedRedis(server.url, LIMIT_MS, { maxRetriesPerRequest: 0 });
    await redis.ping();
  });
  afterAll(async () => {
    redis.disconnect();
    await server.stop();
  });

  it('takes an answer that came in time although the process stood still longer than the limit', async () => {
    const answer = redis.ping();
    const until = performance.now() + 2 * LIMIT_MS;
    while (performance.now() < until);
    expect(await answer).toBe('PONG');
  });

  it('gives up a command that nobody answers', async () => {
    await expect(redis.blpop('nothing-is-pushed-here', 0)).rejects.toThrow('Command timed out');
  });
});
