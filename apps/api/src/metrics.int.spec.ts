import { contexts } from '@rookery/contexts';
import { ownSystem } from '@rookery/testing/own-system';
import { MetricsServer } from '@rookery/web';

const PASSWORD = 'vU3c0q9ZkXw5Jm2RtY8a';
const basic = (password: string) => ({
  authorization: `Basic ${Buffer.from(`operations:${password}`).toString('base64')}`,
});

describe('GET /metrics in production', () => {
  const system = ownSystem(contexts, {
    NODE_ENV: 'production',
    PUBLIC_URL: 'https://rookery.example',
    OPS_USER: 'operations',
    OPS_PASSWORD: PASSWORD,
    MASTER_KEY: 'q83vEjRWeJCrze8SNFZ4kLHC0+T1BhcoOUpbbH2OnxA=',
    MAIL_FROM: 'Rookery <no-reply@rookery.example>',
    RATE_LIMIT_ENABLED: 'true',
    RATE_LIMIT_LOGIN: '10/86400',
  });

  it.each(['api', 'worker'] as const)(
    'requires operator credentials on the port of the %s',
    async (which) => {
      const ask = (method: 'GET' | 'HEAD', headers = {}) =>
        system[which].inject({ method, url: '/metrics', headers });
      for (const headers of [{}, basic('wrong'), { authorization: 'Bearer x' }]) {
        const refused = await ask('GET', headers);
        expect([refused.statusCode, refused.headers['www-authenticate']]).toEqual([
          401,
          expect.stringContaining('Basic'),
        ]);
        expect(refused.body).not.toContain('process_cpu');
      }
      expect((await ask('HEAD')).statusCode).toBe(401);
      const answer = await ask('GET', basic(PASSWORD));
      expect(answer.statusCode).toBe(200);
      expect(answer.body).toMatch(/^process_cpu_user_seconds_total /m);
    },
  );

  it.each([
    ['api', '198.51.100.1'],
    ['worker', '198.51.100.2'],
  ] as const)('cannot be guessed at the %s', async (which, remoteAddress) => {
    const ask = (password: string) =>
      system[which].inject({ url: '/metrics', headers: basic(password), remoteAddress });
    const guesses = await Promise.all(Array.from({ length: 30 }, (_, number) => ask(`wrong ${number}`)));
    const statuses = guesses.map(({ statusCode }) => statusCode);
    expect(new Set(statuses)).toEqual(new Set([401, 429]));
    expect((await ask(PASSWORD)).statusCode).toBe(429);
  });

  it.each(['api', 'worker'] as const)('leaves the probes of the %s open', async (which) => {
    expect((await system[which].inject('/livez')).statusCode).toBe(200);
  });
});

describe('GET /metrics with a port of its own (METRICS_PORT)', () => {
  const system = ownSystem(contexts, { METRICS_PORT: '0' });

  it.each(['api', 'worker'] as const)('is served only there, not on the port of the %s', async (which) => {
    const { port } = system[which].get(MetricsServer, { strict: false });
    const page = `http://127.0.0.1:${port}/metrics`;
    const answer = await fetch(page);
    expect([answer.status, answer.headers.get('content-type')]).toEqual([
      200,
      expect.stringContaining('version=0.0.4'),
    ]);
    expect(await answer.text()).toMatch(/^process_cpu_user_seconds_total /m);
    expect((await fetch(page, { method: 'HEAD' })).status).toBe(200);
    expect((await fetch(page, { method: 'POST' })).status).toBe(404);
    expect((await fetch(`http://127.0.0.1:${port}/livez`)).status).toBe(404);

    const gone = await system[which].inject('/metrics');
    expect([gone.statusCode, gone.json().code]).toEqual([404, 'resource.not-found']);
  });

  it('ends with its process', async () => {
    const other = await system.startApi();
    const { port } = other.get(MetricsServer, { strict: false });
    const page = `http://127.0.0.1:${port}/metrics`;
    expect((await fetch(page)).status).toBe(200);
    await other.close();
    await expect(fetch(page)).rejects.toThrow('fetch failed');
  });
});
