import { Agent, request as httpRequest } from 'node:http';
import { Body, Controller, Get, Post, UseGuards } from '@nestjs/common';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { ApiTags } from '@nestjs/swagger';
import { contexts } from '@rookery/contexts';
import { Schedules } from '@rookery/messaging';
import { RedisConnections } from '@rookery/redis';
import { Transaction } from '@rookery/persistence';
import { signUp } from '@rookery/contexts/identity/testing';
import { eventually, type Person } from '@rookery/testing';
import { contextOf } from '@rookery/testing/context';
import { ownSystem } from '@rookery/testing/own-system';
import { patientRedis } from '@rookery/testing/patient-redis';
import { BasicAuthGuard, defineRatePolicy, Explain, Field, Public, RateLimit } from '..';
import { PruneRateCounters } from './prune-rate-counters';
import { RateLimiter } from './rate-limiter';

const policy = (name: string, quota: `${number}/${number}`, per: 'ip' | 'account' = 'ip') =>
  defineRatePolicy(name, { quota, per: [per], doc: 'For this suite.' });

const wide = policy('test-wide', '5/86400');
const narrow = policy('test-narrow', '2/86400');

class Anything {
  @Field.text({ max: 20, optional: true, description: 'Anything.' }) text?: string;
}

@ApiTags('limited')
@Controller('limited')
class LimitedRoutes {
  @Get('hundred')
  @Public()
  @RateLimit(policy('test-hundred', '100/86400'))
  @Explain({ operationId: 'testHundred', summary: 'A hundred' })
  hundred(): object {
    return {};
  }

  @Get('several')
  @Public()
  @RateLimit(wide, narrow)
  @Explain({ operationId: 'testSeveral', summary: 'Several' })
  several(): object {
    return {};
  }

  @Get('wide')
  @Public()
  @RateLimit(wide)
  @Explain({ operationId: 'testWide', summary: 'Wide' })
  wide(): object {
    return {};
  }

  @Post('by-user')
  @RateLimit(policy('test-user', '2/86400', 'account'))
  @Explain({ operationId: 'testByUser', summary: 'By user' })
  byUser(@Body() body: Anything): object {
    return body;
  }

  @Get('operations')
  @Public()
  @UseGuards(BasicAuthGuard)
  @Explain({ operationId: 'testOperations', summary: 'Operations' })
  operations(): object {
    return {};
  }

  @Get('alone')
  @Public()
  @RateLimit(policy('test-alone', '3/86400'))
  @Explain({ operationId: 'testAlone', summary: 'Alone' })
  alone(): object {
    return {};
  }
}

/** So few in so long a time that none is refilled between two requests of a slow machine. */
const DEFAULT = '50000/900000';
const LOGIN = 'POST /v1/auth/login';
let addresses = 0;
let probes = 100;
/** An address without earlier requests. */
const newAddress = () => `203.0.113.${(addresses += 1)}`;

describe('rate limits', () => {
  patientRedis();
  const system = ownSystem([...contexts, contextOf('limited', { controllers: [LimitedRoutes] })], {
    RATE_LIMIT_ENABLED: 'true',
    RATE_LIMIT_DEFAULT: DEFAULT,
    RATE_LIMIT_LOGIN: '10/86400',
    CORS_ORIGINS: 'https://app.example',
  });
  let ada: Person;
  let bob: Person;

  beforeAll(async () => {
    [ada, bob] = await Promise.all([signUp(system), signUp(system)]);
  });

  async function from(
    address: string,
    route: string,
    { body, headers = {} }: { body?: object; headers?: Record<string, string> } = {},
  ) {
    const [method, url] = route.split(' ') as ['GET', string];
    const answer = await system.api.inject({
      method,
      url,
      headers,
      remoteAddress: address,
      ...(body && { payload: body }),
    });
    return {
      status: answer.statusCode,
      headers: answer.headers,
      body: answer.body === '' ? undefined : answer,
    };
  }

  async function statuses(
    times: number,
    ask: (index: number) => Promise<{ status: number }>,
  ): Promise<number[]> {
    const all: number[] = [];
    for (let index = 0; index < times; index += 1) all.push((await ask(index)).status);
    return all;
  }

  /** Waits until an api counts in Redis: one that has just started, or stood still meanwhile, may count for itself first. */
  const countsInRedis = (api: NestFastifyApplication) =>
    eventually(async () => {
      const { cache, cacheBreaker } = api.get(RedisConnections, { strict: false });
      await cache.ping();
      if (cacheBreaker.open)
        await api.inject({ url: '/v1/limited/wide', remoteAddress: `198.51.100.${(probes += 1)}` });
      return !cacheBreaker.open;
    });

  const operate = (address: string, path: string, password: string) => {
    const authorization = `Basic ${Buffer.from(`ops:${password}`).toString('base64')}`;
    return from(address, `GET ${path}`, { headers: { authorization } });
  };

  const logIn = (address: string, email: string) =>
    from(address, LOGIN, { body: { email, password: 'not the password' } });

  it('admit exactly the tokens of the bucket for 10,000 requests over 50 connections and two processes', async () => {
    const other = await system.startApi();
    await other.listen(0, '127.0.0.1');
    for (const api of [system.api, other]) await countsInRedis(api);
    const urls = [system.addresses.apiUrl, await other.getUrl()].map((url) => `${url}/v1/limited/hundred`);
    const agent = new Agent({ keepAlive: true, maxSockets: 25 });
    const ask = (url: string) =>
      new Promise<number>((resolve, reject) => {
        httpRequest(url, { agent }, (response) => {
          response.resume().on('end', () => resolve(response.statusCode!));
        })
          .on('error', reject)
          .end();
      });
    const answers = await Promise.all(Array.from({ length: 10_000 }, (_, index) => ask(urls[index % 2]!)));
    agent.destroy();
    expect(answers.filter((status) => status === 200)).toHaveLength(100);
    expect(answers.filter((status) => status === 429)).toHaveLength(9_900);
  }, 480_000);

  it('decide about requests of one turn in one script, one after the other', async () => {
    const limiter = system.inApi(RateLimiter);
    const redis = system.inApi(RedisConnections).cache as unknown as { takeTokens: () => Promise<number[]> };
    const scripts = jest.spyOn(redis, 'takeTokens');
    const [first, second] = [newAddress(), newAddress()];
    const both = limiter.bucketsFor([wide, narrow], 'ip');
    const decisions = await Promise.all(
      [first, first, second, first, first].map((address) => limiter.decide(both, address)),
    );
    const asked = scripts.mock.calls.length;
    scripts.mockRestore();
    expect(decisions.map(({ granted }) => granted)).toEqual([true, true, true, false, false]);
    expect(decisions.map(({ levels }) => levels.map(({ remaining }) => remaining))).toEqual([
      [4, 1],
      [3, 0],
      [4, 1],
      [3, 0],
      [3, 0],
    ]);
    expect(asked).toBe(1);
  });

  it('let the strictest of several policies decide, and take nothing from the others when it refuses', async () => {
    const address = newAddress();
    expect(await statuses(6, () => from(address, 'GET /v1/limited/several'))).toEqual([
      200, 200, 429, 429, 429, 429,
    ]);
    expect(await statuses(4, () => from(address, 'GET /v1/limited/wide'))).toEqual([200, 200, 200, 429]);
  });

  it('return the quota and the remainder with every response, and the time to wait with a 429', async () => {
    const address = newAddress();
    const first = await from(address, 'GET /v1/limited/several');
    expect(first.headers['ratelimit-policy']).toBe(
      '"default";q=50000;w=900000, "test-wide";q=5;w=86400, "test-narrow";q=2;w=86400',
    );
    expect(first.headers.ratelimit).toBe(
      '"default";r=49999;t=18, "test-wide";r=4;t=17280, "test-narrow";r=1;t=43200',
    );
    await from(address, 'GET /v1/limited/several');
    const refused = await from(address, 'GET /v1/limited/several', {
      headers: { origin: 'https://app.example' },
    });
    expect(refused.body!.json()).toMatchObject({
      code: 'rate.limited',
      status: 429,
      detail: 'The limit "test-narrow" grants 2 requests in 86400 seconds.',
    });
    expect(refused.headers['content-type']).toBe('application/problem+json');
    expect(refused.headers.ratelimit).toMatch(
      /^"default";r=\d+;t=\d+, "test-wide";r=3;t=\d+, "test-narrow";r=0;t=86\d{3}$/,
    );
    expect(Number(refused.headers['retry-after'])).toBeGreaterThan(43_000);
    expect(refused.headers['retry-after']).toMatch(/^\d+$/);
    expect(refused.headers['access-control-allow-origin']).toBe('https://app.example');
    expect(refused.headers['access-control-expose-headers']).toContain('RateLimit');
  });

  it('count unknown routes, anonymous requests and malformed requests', async () => {
    const left = async (route: string, body?: object) =>
      (await from('198.51.100.1', route, body && { body })).headers.ratelimit;
    expect(await left('GET /v1/nothing')).toContain('"default";r=49999');
    expect(await left('GET /v1/me')).toContain('"default";r=49998');
    expect(await left('POST /v1/auth/register', { unknown: 1 })).toContain('"default";r=49997');
  });

  it.each([
    '/livez',
    '/readyz',
    '/healthz',
    '/metrics',
    '/problems',
    '/problems/rate.limited',
    '/.well-known/jwks.json',
    '/v1/docs',
    '/v1/openapi.json',
  ])('leave %s alone', async (path) => {
    const address = newAddress();
    // Probes may still tell of the ten thousand requests before.
    await eventually(async () => {
      const { status, headers } = await from(address, `GET ${path}`);
      expect([status, headers.ratelimit]).toEqual([200, undefined]);
    });
  });

  it('count the addresses of one IPv6 network together', async () => {
    const many = await statuses(4, (index) => from(`2001:db8:0:7::${index + 1}`, 'GET /v1/limited/alone'));
    expect(many).toEqual([200, 200, 200, 429]);
    expect((await from('2001:db8:0:8::1', 'GET /v1/limited/alone')).status).toBe(200);
  });

  it('count per user, wherever the user asks from', async () => {
    const by = ({ token }: Person, address: string) =>
      from(address, 'POST /v1/limited/by-user', { body: {}, headers: { authorization: `Bearer ${token}` } });
    expect(await statuses(3, () => by(ada, newAddress()))).toEqual([200, 200, 429]);
    const other = await by(bob, newAddress());
    expect(other.status).toBe(200);
    expect(other.headers.ratelimit).toMatch(/^"default";r=49999;t=18, "test-user";r=1;t=43200$/);
  });

  it('count attempts to sign in per address, whatever the account', async () => {
    const address = newAddress();
    const tried = await statuses(11, (index) => logIn(address, `someone${index}@example.com`));
    expect(tried).toEqual([...Array.from({ length: 10 }, () => 401), 429]);
  });

  it('count attempts per account, however it is spelt, even after Redis was flushed', async () => {
    const spellings = ['eve@example.com', 'EVE@example.com', ' eve@Example.com '];
    const tried = await statuses(11, (index) => logIn(newAddress(), spellings[index % 3]!));
    expect(tried).toEqual([...Array.from({ length: 10 }, () => 401), 429]);
    await system.inApi(RedisConnections).cache.flushall();
    const refused = await logIn(newAddress(), 'eve@example.com');
    expect(refused.status).toBe(429);
    expect(refused.headers.ratelimit).toMatch(/"login-ip";r=\d+;t=\d+, "login-account";r=0;t=\d+$/);
    expect((await logIn(newAddress(), 'somebody-else@example.com')).status).toBe(401);
  });

  it('admit exactly the quota of many concurrent attempts on one account', async () => {
    const all = await Promise.all(
      Array.from({ length: 60 }, () => {
        const address = newAddress();
        // Like a client: 503 means that the request was not served, since too many wait for a connection.
        return eventually(async () => {
          const answer = await logIn(address, 'mallory@example.com');
          return answer.status !== 503 && answer;
        });
      }),
    );
    expect(all.filter(({ status }) => status === 401)).toHaveLength(10);
    expect(all.filter(({ status }) => status === 429)).toHaveLength(50);
  });

  it('take nothing from the address when the account is refused', async () => {
    const address = newAddress();
    await statuses(5, () => logIn(address, 'eve@example.com'));
    expect((await logIn(address, 'fresh@example.com')).headers.ratelimit).toMatch(/"login-ip";r=9;/);
  });

  it('take the default token from the address even if the account is rejected', async () => {
    const address = newAddress();
    await statuses(11, () => logIn(newAddress(), 'trudy@example.com'));
    const fullAt = async () =>
      Number(await system.inApi(RedisConnections).cache.get(`{rookery}:rate:default:${address}`));
    await from(address, 'GET /v1/limited/wide');
    for (let refused = 0; refused < 3; refused += 1) {
      const before = await fullAt();
      expect((await logIn(address, 'trudy@example.com')).status).toBe(429);
      expect((await fullAt()) - before).toBeGreaterThanOrEqual(18_000_000);
    }
  });

  it('limit requests about a rejected account by the default limit of the address', async () => {
    const victim = 'peggy@example.com';
    await statuses(10, () => logIn(newAddress(), victim));
    process.env.RATE_LIMIT_DEFAULT = '40/86400';
    const api = await system.startApi();
    process.env.RATE_LIMIT_DEFAULT = DEFAULT;
    for (const each of [system.api, api]) await countsInRedis(each);
    const address = newAddress();
    const details: string[] = [];
    for (let asked = 0; asked < 60; asked += 1) {
      const payload = { email: victim, password: 'not the password' };
      const answer = await api.inject({
        method: 'POST',
        url: '/v1/auth/login',
        remoteAddress: address,
        payload,
      });
      details.push(answer.json<{ detail: string }>().detail);
    }
    expect(details.filter((detail) => detail.includes('"login-account"'))).toHaveLength(40);
    expect(details.filter((detail) => detail.includes('"default"'))).toHaveLength(20);
  }, 300_000);

  it('write nothing in PostgreSQL for a request that the account is refused', async () => {
    await statuses(10, () => logIn(newAddress(), 'victor@example.com'));
    // A row that was locked, or written and rolled back, has a different xmax afterwards.
    const counters = () =>
      system.sql('SELECT key, full_at, xmax::text, xmin::text FROM platform.rate_counters ORDER BY key');
    const before = await counters();
    const address = newAddress();
    expect(await statuses(3, () => logIn(address, 'victor@example.com'))).toEqual([429, 429, 429]);
    expect(await counters()).toEqual(before);
  });

  it.each(['/v1/admin/board', '/v1/limited/operations'])(
    'count wrong credentials of operations at %s per address, and refuse right ones too when there were too many',
    async (path) => {
      const address = newAddress();
      await statuses(30, () => operate(address, path, 'ops'));
      await statuses(30, () => from(address, `GET ${path}`)); // browsers send the first request without credentials
      const tried = await statuses(11, (index) => operate(address, path, `guess ${index}`));
      expect(tried).toEqual([...Array.from({ length: 10 }, () => 401), 429]);
      const refused = await operate(address, path, 'ops');
      expect(refused.body!.json()).toMatchObject({ code: 'rate.limited' });
      expect(refused.headers['retry-after']).toMatch(/^\d+$/);
      expect(refused.headers.ratelimit).toMatch(/"login-ip";r=0;/);
      expect((await operate(newAddress(), path, 'ops')).status).toBe(200);
    },
  );

  it('admit exactly the quota of many concurrent wrong operator credentials', async () => {
    const address = newAddress();
    const all = await Promise.all(
      Array.from({ length: 60 }, (_, index) => operate(address, '/v1/admin/board', `guess ${index}`)),
    );
    expect(all.filter(({ status }) => status === 401)).toHaveLength(10);
    expect(all.filter(({ status }) => status === 429)).toHaveLength(50);
  });

  it('store no account in plain text', async () => {
    const keys = await system.inApi(RedisConnections).cache.keys('*:rate:*');
    const counters = await system.sql<{ key: string }>('SELECT key FROM platform.rate_counters');
    expect(counters.length).toBeGreaterThan(0);
    const all = [...keys, ...counters.map(({ key }) => key)].join('\n');
    expect(all).not.toMatch(/example\.com/);
    expect(all).not.toContain(ada.id);
  });

  it('delete buckets in PostgreSQL once they are full again', async () => {
    const keys = async (which = 'true') =>
      (await system.sql<{ key: string }>(`SELECT key FROM platform.rate_counters WHERE ${which}`)).map(
        ({ key }) => key,
      );
    const [first, second, ...others] = await keys(`full_at > now() + interval '5 minutes'`);
    await system.sql(
      `UPDATE platform.rate_counters SET full_at = now() - interval '1 s' WHERE key = ANY ($1)`,
      [[first, second]],
    );
    await system.inWorker(Transaction).run(() => system.inWorker(PruneRateCounters).run());
    // The schedule itself may have been at it, and commit in a moment.
    await eventually(async () => expect(await keys('full_at <= now()')).toEqual([]));
    const left = await keys();
    expect(left).toEqual(expect.arrayContaining(others));
    expect(left).not.toContain(first);
    expect(left).not.toContain(second);
    expect(system.inWorker(Schedules).all()).toContain('platform.prune-rate-counters');
  });

  describe('without Redis', () => {
    const known = newAddress();

    beforeAll(async () => {
      await statuses(2, () => from(known, 'GET /v1/limited/alone'));
      await system.killRedis();
    });

    it('grant no more than what Redis had left when it was last asked', async () => {
      expect(await statuses(3, () => from(known, 'GET /v1/limited/alone'))).toEqual([200, 429, 429]);
    });

    it('are stored in the process', async () => {
      const address = newAddress();
      const all = await Promise.all(
        Array.from({ length: 20 }, () => from(address, 'GET /v1/limited/several')),
      );
      expect(all.map(({ status }) => status).sort((a, b) => a - b)).toEqual([
        200,
        200,
        ...Array.from({ length: 18 }, () => 429),
      ]);
      expect(await statuses(4, () => from(address, 'GET /v1/limited/wide'))).toEqual([200, 200, 200, 429]);
    });

    it('are stored in PostgreSQL where secrets can be guessed: per account, and per address in all processes', async () => {
      expect((await logIn(newAddress(), 'eve@example.com')).status).toBe(429);
      const address = newAddress();
      const tried = await statuses(11, (index) => logIn(address, `victim${index}@example.com`));
      expect(tried).toEqual([...Array.from({ length: 10 }, () => 401), 429]);
      const kept = await system.sql('SELECT 1 FROM platform.rate_counters WHERE key = $1', [
        `login-ip:${address}`,
      ]);
      expect(kept).toHaveLength(1);
    });

    it('are stored in PostgreSQL for credentials of operators', async () => {
      const address = newAddress();
      const path = '/v1/limited/operations';
      await statuses(12, () => operate(address, path, 'ops'));
      const tried = await statuses(11, (index) => operate(address, path, `guess ${index}`));
      expect(tried).toEqual([...Array.from({ length: 10 }, () => 401), 429]);
      expect((await operate(address, path, 'ops')).status).toBe(429);
    });

    it('are stored in Redis again when it is back, and accounts still in PostgreSQL', async () => {
      await system.startRedisEmpty();
      const address = newAddress();
      await eventually(async () => {
        await from(address, 'GET /v1/limited/hundred');
        return (
          (await system.inApi(RedisConnections).cache.exists(`{rookery}:rate:test-hundred:${address}`)) === 1
        );
      });
      expect((await logIn(newAddress(), 'eve@example.com')).status).toBe(429);
    });
  });
});
