import { OidcSettings } from './oidc-settings';

const read = (issuers: unknown) =>
  new OidcSettings({ OIDC_ISSUERS: typeof issuers === 'string' ? issuers : JSON.stringify(issuers) }).issuers;

describe('the setting of external issuers', () => {
  it('accepts none by default', () => {
    expect(new OidcSettings({}).issuers).toEqual([]);
  });

  it('needs issuer and audience alone, and reads the standard claims', () => {
    expect(read([{ issuer: 'https://id.example', audience: 'api' }])).toEqual([
      {
        issuer: 'https://id.example',
        audience: 'api',
        claims: {
          username: 'preferred_username',
          name: 'name',
          email: 'email',
          emailVerified: 'email_verified',
        },
      },
    ]);
  });

  it.each([
    ['no JSON', 'https://id.example|api', /it is not JSON/],
    ['no audience', [{ issuer: 'https://id.example' }], /at \/0\/audience/],
    [
      'plain http',
      [{ issuer: 'http://id.example', audience: 'api' }],
      /at \/0\/issuer: an issuer is an https/,
    ],
    ['a query', [{ issuer: 'https://id.example?x', audience: 'api' }], /at \/0\/issuer/],
    ['credentials', [{ issuer: 'https://u:p@id.example', audience: 'api' }], /at \/0\/issuer/],
    [
      'a role nobody knows',
      [{ issuer: 'https://id.example', audience: 'api', roles: { claim: 'r', map: { x: 'root' } } }],
      /roles\/map\/x/,
    ],
    [
      'a scope of two words',
      [{ issuer: 'https://id.example', audience: 'api', scope: 'a b' }],
      /at \/0\/scope/,
    ],
    ['a word misspelt', [{ issuer: 'https://id.example', audience: 'api', audiences: [] }], /audiences/],
    [
      'one issuer twice',
      [1, 2].map(() => ({ issuer: 'https://id.example', audience: 'api' })),
      /occurs twice/,
    ],
  ])('refuses %s', (_, issuers, message) => {
    expect(() => read(issuers)).toThrow(message);
  });

  it('takes plain http on this machine', () => {
    expect(read([{ issuer: 'http://127.0.0.1:9000/realms/x', audience: ['a', 'b'] }])).toHaveLength(1);
  });
});
