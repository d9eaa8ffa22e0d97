import { contexts } from '@rookery/contexts';
import { signUp } from '@rookery/contexts/identity/testing';
import { eventually } from '@rookery/testing';
import { AUDIENCE, IdentityProvider } from '@rookery/testing/identity-provider';
import { ownSystem } from '@rookery/testing/own-system';
import { decodeJwt } from 'jose';
import { ApiKeys } from './api-keys';
import { ExternalTokens } from './external-tokens';
import { RolePermissions } from './permissions';
import { SessionCache } from './session-cache';

/** Leaves a second of the five that are promised for the request itself. */
const TTL_MS = 4_000;

describe('Changes by another process', () => {
  let provider: IdentityProvider;
  beforeAll(async () => {
    provider = await IdentityProvider.start();
  });
  const system = ownSystem(contexts, () => ({
    OIDC_ISSUERS: JSON.stringify([{ issuer: provider.url, audience: AUDIENCE }]),
  }));
  afterAll(() => provider.stop());
  afterEach(() => jest.restoreAllMocks());

  let rounds = 0;

  /** Stops the clocks when all that is cached has expired. @returns a function that sets them to milliseconds later */
  function stopClocks(): (ms: number) => void {
    rounds += 1;
    const ahead = rounds * 60_000;
    const [time, date] = [performance.now() + ahead, Date.now() + ahead];
    let passed = 0;
    jest.spyOn(performance, 'now').mockImplementation(() => time + passed);
    jest.spyOn(Date, 'now').mockImplementation(() => date + passed);
    return (ms) => (passed = ms);
  }

  const cases: Record<
    string,
    () => Promise<{ holds: () => Promise<boolean>; change: [sql: string, id?: string] }>
  > = {
    'a session that ended': async () => {
      const sid = decodeJwt((await signUp(system)).token).sid as string;
      return {
        holds: async () => (await system.inApi(SessionCache).get(sid)) !== undefined,
        change: ['UPDATE identity.sessions SET idle_expires_at = now() WHERE id = $1', sid],
      };
    },
    'an API key that was revoked': async () => {
      const { token } = await signUp(system);
      const body = { name: 'a program', scopes: ['read'] };
      const { id, key } = (await system.ask('POST /v1/me/api-keys', { token, body })).body;
      return {
        holds: async () => (await system.inApi(ApiKeys).authenticate(key)) !== undefined,
        change: ['UPDATE identity.api_keys SET revoked_at = now() WHERE id = $1', id],
      };
    },
    'an account of another issuer that was closed': async () => {
      const token = await provider.forge({ sub: 'ada' });
      const { id } = (await system.ask('GET /v1/me', { token })).body;
      return {
        holds: async () => (await system.inApi(ExternalTokens).authenticate(token)) !== undefined,
        change: [`UPDATE identity.users SET status = 'pending' WHERE id = $1`, id],
      };
    },
    'a permission that was taken from a role': async () => {
      await system.sql(`INSERT INTO identity.role_permissions VALUES ('moderator', 'users:role')`);
      return {
        holds: async () => (await system.inApi(RolePermissions).of('moderator')).has('users:role'),
        change: [
          `DELETE FROM identity.role_permissions WHERE role = 'moderator' AND permission = 'users:role'`,
        ],
      };
    },
  };

  it.each(Object.keys(cases))('take effect after four seconds at the latest: %s', async (name) => {
    const { holds, change } = await cases[name]!();
    const [sql, ...values] = change;
    const passed = stopClocks();
    expect(await holds()).toBe(true);
    await system.sql(sql, values);
    passed(TTL_MS - 10);
    expect(await holds()).toBe(true);
    passed(TTL_MS + 1);
    // The clocks stand still; only that of lru-cache is read again after a turn of the event loop.
    await eventually(async () => !(await holds()));
  });
});
