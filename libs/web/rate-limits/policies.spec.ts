import { bucketsOf, defineRatePolicy, describePolicy, isExempt, RatePolicies } from './policies';
import { RateLimitSettings } from './settings';

describe('A rate policy', () => {
  it('grants by default 20 requests a second with a burst of 40, and 10 a minute to who signs in', () => {
    expect(bucketsOf(RatePolicies.default, {})).toEqual([
      { name: 'default', limit: 40, windowSeconds: 2, intervalUs: 50_000, per: 'ip', failClosed: false },
    ]);
    for (const policy of [RatePolicies.login, RatePolicies.otp, RatePolicies.password]) {
      expect(bucketsOf(policy, {})).toEqual([
        {
          name: `${policy.name}-ip`,
          limit: 10,
          windowSeconds: 60,
          intervalUs: 6e6,
          per: 'ip',
          failClosed: true,
        },
        {
          name: `${policy.name}-account`,
          limit: 10,
          windowSeconds: 60,
          intervalUs: 6e6,
          per: 'account',
          failClosed: true,
        },
      ]);
    }
  });

  it('counts strangers to an account together where passwords are guessed alone', () => {
    const together = Object.values(RatePolicies).filter(({ strangersTogether }) => strangersTogether);
    expect(together.map(({ name }) => name)).toEqual(['login']);
  });

  it('takes its numbers from its setting, the description of the API from the code', () => {
    const policy = defineRatePolicy('sample-nests', {
      quota: '20/60',
      per: ['account'],
      doc: 'Building nests.',
    });
    const [bucket] = bucketsOf(policy, { RATE_LIMIT_SAMPLE_NESTS: '7/30' });
    expect(bucket).toMatchObject({ name: 'sample-nests', limit: 7, windowSeconds: 30 });
    expect(describePolicy(policy)).toEqual({
      policy: 'sample-nests',
      limit: 20,
      window: 60,
      per: ['account'],
    });
  });

  it.each(['0/60', '10', '10/0', '1e3/5', '-1/5', '10/1.5'])('refuses %s as a number', (quota) => {
    expect(() => bucketsOf(RatePolicies.default, { RATE_LIMIT_DEFAULT: quota })).toThrow(
      'RATE_LIMIT_DEFAULT is wrong: must be requests/seconds such as 10/60',
    );
  });

  it('has a name of its own', () => {
    expect(() => defineRatePolicy('login', { quota: '1/1', per: ['ip'], doc: '' })).toThrow(
      'is malformed or already used',
    );
  });

  it.each([
    '/livez',
    '/metrics',
    '/problems',
    '/problems/:code',
    '/.well-known/jwks.json',
    '/v1/docs',
    '/v1/docs/*',
    '/v1/openapi.yaml',
  ])('does not count %s', (path) => expect(isExempt(path)).toBe(true));

  it.each(['/v1/auth/login', '/v1/documents', '/livezz', '/v1/problems', '/activate'])('counts %s', (path) =>
    expect(isExempt(path)).toBe(false),
  );
});

describe('Rate limits', () => {
  it('can be turned off, but not in production', () => {
    expect(new RateLimitSettings({}).enabled).toBe(true);
    expect(new RateLimitSettings({ RATE_LIMIT_ENABLED: 'false' }).enabled).toBe(false);
    expect(() => new RateLimitSettings({ RATE_LIMIT_ENABLED: 'false', NODE_ENV: 'production' })).toThrow(
      'RATE_LIMIT_ENABLED is false; production requires rate limits.',
    );
  });
});
