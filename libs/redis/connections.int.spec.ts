import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { HealthChecks } from '@rookery/observability';
import { eventually } from '@rookery/testing';
import { SilentProxy } from '@rookery/testing/proxy';
import { createTestRedis, type TestRedis } from '@rookery/testing/redis';
import { Redis } from 'ioredis';
import { RedisConnections } from '.';

const CHANNEL = '{rookery}:suite';

describe('a subscriber connection', () => {
  let server: TestRedis;
  let proxy: SilentProxy;
  let operator: Redis;
  let connections: RedisConnections;

  beforeAll(async () => {
    server = await createTestRedis();
    const before = await SilentProxy.before(server.url);
    proxy = before.proxy;
    operator = new Redis(server.url);
    connections = new RedisConnections({ redisUrl: before.url, redisCacheUrl: '' }, new HealthChecks());
  });
  afterAll(async () => {
    connections.onApplicationShutdown();
    operator.disconnect();
    await proxy.stop();
    await server.stop();
  });

  const isSubscribed = async () => expect(await operator.pubsub('NUMSUB', CHANNEL)).toEqual([CHANNEL, 1]);

  it('resubscribes after its connection was lost', async () => {
    const heard: string[] = [];
    connections.listening(CHANNEL).on('message', (_, message) => heard.push(message));
    await eventually(isSubscribed);
    await operator.client('KILL', 'TYPE', 'pubsub');
    await eventually(isSubscribed);
    await operator.publish(CHANNEL, 'hint');
    await eventually(() => expect(heard).toEqual(['hint']));
  });

  it('leaves no unhandled rejection when it is closed while it subscribes again', async () => {
    const redis = connections.listening(CHANNEL);
    await eventually(async () => expect(await operator.pubsub('NUMSUB', CHANNEL)).toEqual([CHANNEL, 2]));
    const ended = new Promise((done) => redis.once('end', done));
    redis.once('ready', () => {
      proxy.hang(); // before the proxy has read the subscription
      redis.disconnect();
    });
    await operator.client('KILL', 'TYPE', 'pubsub');
    await ended; // an unhandled rejection fails the test
    proxy.resume();
  });
});

describe('the health of Redis', () => {
  let server: TestRedis;
  let operator: Redis;

  beforeAll(async () => {
    server = await createTestRedis();
    operator = new Redis(server.url);
  });
  afterAll(async () => {
    operator.disconnect();
    await server.stop();
  });

  /** What a process says of it that has just started. */
  async function expectHealth(expected: object): Promise<void> {
    const health = new HealthChecks();
    const connections = new RedisConnections({ redisUrl: server.url, redisCacheUrl: '' }, health);
    try {
      await eventually(async () => {
        const known = await health.dependencies();
        expect(known.find(({ name }) => name === 'redis')!.health).toMatchObject(expected);
      });
    } finally {
      connections.onApplicationShutdown();
    }
  }

  it('is degraded if it may delete jobs', async () => {
    await expectHealth({ status: 'up' });
    await operator.config('SET', 'maxmemory-policy', 'allkeys-lru');
    await expectHealth({
      status: 'degraded',
      detail: expect.stringContaining('maxmemory-policy is allkeys-lru'),
    });
  });

  it('is up if the user has no right to read the policy', async () => {
    await operator.acl('SETUSER', 'default', '-info');
    await expectHealth({ status: 'up' });
  });
});

describe('a connection whose Redis is gone', () => {
  it('keeps no process alive that has nothing else to do', async () => {
    const script = `
      const { RedisConnections } = require('./dist/libs/redis');
      const { HealthChecks } = require('./dist/libs/observability');
      const connections = new RedisConnections({ redisUrl: 'redis://127.0.0.1:1', redisCacheUrl: '' }, new HealthChecks());
      connections.shared.on('reconnecting', () => console.log('reconnecting'));`;
    const { stdout } = await promisify(execFile)(process.execPath, ['-e', script], { timeout: 60_000 });
    expect(stdout).toContain('reconnecting');
  });
});
