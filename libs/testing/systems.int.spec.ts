import { eventually, privateSystem, sharedSystem } from '@rookery/testing';
import { HostedSystem } from './hosted-system';

describe('A system of a suite', () => {
  const shared = sharedSystem();
  const own = privateSystem({ PUBLIC_URL: 'http://own.test', LOG_LEVEL: 'trace' });

  it('shares neither database nor Redis with that of the other suites', async () => {
    await own.sql('CREATE TABLE public.mine (id int)');
    expect(await shared.sql(`SELECT to_regclass('public.mine') AS found`)).toEqual([{ found: null }]);
    await own.redis('SET', 'mine', 1);
    expect([await own.redis('EXISTS', 'mine'), await shared.redis('EXISTS', 'mine')]).toEqual([1, 0]);
  });

  it('has settings of its own', async () => {
    const issuerOf = async (system: typeof shared) => {
      const name = `issuer${process.hrtime.bigint()}`;
      const somebody = { role: 'user', email: `${name}@example.com`, username: name, name };
      const { token } = await system.fixture<{ token: string }>('identity.enroll', somebody);
      return JSON.parse(Buffer.from(token.split('.')[1]!, 'base64url').toString()).iss as string;
    };
    expect([await issuerOf(own), await issuerOf(shared)]).toEqual(['http://own.test', 'http://rookery.test']);
  });

  it('logs at its own level', async () => {
    const headers = { 'x-request-id': 'the-one-request' };
    await Promise.all([own, shared].map((system) => system.ask('GET /v1/nowhere', { headers })));
    const lines = (system: typeof shared) =>
      system.logged.filter((line) => line.includes('the-one-request')).length;
    await eventually(() => lines(own) === 1);
    expect(lines(shared)).toBe(0);
  });

  it('says what is wrong when it does not start, and the next one starts nevertheless', async () => {
    await expect(HostedSystem.start({ DATABASE_POOL_SIZE: 'many' })).rejects.toThrow(/DATABASE_POOL_SIZE/);
    const next = await HostedSystem.start({});
    expect((await next.ask('GET /livez')).status).toBe(200);
    await next.stop();
  });

  it('is asked from any address, and answers about its Redis while that is gone', async () => {
    expect((await own.ask('GET /livez', { from: '203.0.113.9' })).status).toBe(200);
    await own.killRedis();
    await expect(own.redis('PING')).rejects.toThrow(/Connection is closed/);
    await own.startRedisEmpty();
    expect(await own.redis('PING')).toBe('PONG');
  });

  it('starts Redis again for its api, too, which reconnects at intervals', async () => {
    const register = async (name: string) => {
      const body = { email: `${name}@example.com`, username: name, name, password: 'correct horse battery' };
      return (await own.ask('POST /v1/auth/register', { body })).status;
    };
    for (const name of ['first', 'second', 'third']) {
      await own.killRedis();
      expect(await register(name)).toBe(503);
      await own.startRedisEmpty();
      expect(await register(name)).toBe(202);
    }
  });

  it('runs fixtures with the providers of either app', async () => {
    for (const where of ['api', 'worker'] as const)
      expect(await own.fixture('identity.permissionsOfKey', { key: 'nonsense' }, where)).toBeNull();
    await expect(own.fixture('identity.nothing', {})).rejects.toThrow('declares no fixture "nothing"');
  });
});
