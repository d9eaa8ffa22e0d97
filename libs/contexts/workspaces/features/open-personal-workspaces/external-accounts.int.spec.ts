import { eventually, privateSystem } from '@rookery/testing';
import { AUDIENCE, IdentityProvider } from '@rookery/testing/identity-provider';

describe('An account of another issuer', () => {
  let provider: IdentityProvider;
  beforeAll(async () => {
    provider = await IdentityProvider.start();
  });
  const system = privateSystem(() => ({
    OIDC_ISSUERS: JSON.stringify([{ issuer: provider.url, audience: AUDIENCE }]),
  }));
  afterAll(() => provider.stop());

  it.each([
    ['with an address', { email: 'ada@example.org', email_verified: true }],
    ['without an address', {}],
  ])('%s has a personal workspace after its first request', async (name, claims) => {
    const { accessToken: token } = await provider.signIn(name, claims);
    const { body: me } = await system.ask('GET /v1/me', { token });
    // The worker creates it without a request for it.
    await eventually(async () => {
      const rows = await system.sql('SELECT 1 FROM workspaces.workspaces WHERE personal_of = $1', [me.id]);
      return rows.length === 1;
    });
    const { body } = await system.ask('GET /v1/workspaces', { token });
    expect(body.data).toMatchObject([{ personal: true, role: 'owner' }]);
  });
});
