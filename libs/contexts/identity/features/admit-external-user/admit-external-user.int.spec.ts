import { createHmac } from 'node:crypto';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { contexts } from '@rookery/contexts';
import { Clock, newId } from '@rookery/domain';
import { Sql, Transaction } from '@rookery/persistence';
import { newcomer, NOTICED_MS, PASSWORD, signUp, verificationMail } from '@rookery/contexts/identity/testing';
import { eventually, served } from '@rookery/testing';
import { AUDIENCE, CLIENT_ID, IdentityProvider } from '@rookery/testing/identity-provider';
import { ownSystem } from '@rookery/testing/own-system';
import { exportJWK, generateKeyPair, type JWTHeaderParameters, type JWTPayload } from 'jose';
import { ExternalTokens } from '../../services/external-tokens';

const ME = 'GET /v1/me';
const NO_ADDRESS = /@no-address\.invalid$/;

describe('signing in with the token of another issuer', () => {
  let otherApi: NestFastifyApplication;
  let provider: IdentityProvider;
  let ofIdTokens: IdentityProvider;
  let ofScopes: IdentityProvider;
  let people = 0;

  beforeAll(async () => {
    [provider, ofIdTokens, ofScopes] = await Promise.all([
      IdentityProvider.start(),
      IdentityProvider.start(),
      IdentityProvider.start(),
    ]);
  });
  const roles = { claim: '/access/roles', map: { staff: 'moderator' } };
  const system = ownSystem(contexts, () => ({
    OIDC_ISSUERS: JSON.stringify([
      { issuer: provider.url, audience: AUDIENCE, roles },
      { issuer: ofIdTokens.url, audience: [CLIENT_ID] },
      { issuer: ofScopes.url, audience: AUDIENCE, scope: ['rookery', 'openid'] },
    ]),
  }));
  beforeAll(async () => {
    otherApi = await system.startApi();
  });
  afterAll(async () => {
    await Promise.all([provider.stop().catch(() => undefined), ofIdTokens.stop(), ofScopes.stop()]);
  });

  const subject = () => `subject-${(people += 1)}`;
  const me = (token: string) => system.ask(ME, { token });
  const bySubject = (token: string) => system.inApi(ExternalTokens).authenticate(token);
  const forged = async (claims: JWTPayload) => provider.forge({ sub: subject(), ...claims });

  it('creates an account for a new identity from the provider’s claims, and finds it again', async () => {
    const somebody = {
      preferred_username: 'Ada Lovelace',
      name: 'Ada L.',
      email: 'Ada@Example.org',
      email_verified: true,
    };
    const first = await me((await provider.signIn('ada', somebody)).accessToken);
    expect(first).toMatchObject({
      status: 200,
      body: { username: 'Ada-Lovelace', name: 'Ada L.', email: 'ada@example.org', role: 'user' },
    });
    const second = await me(
      (await provider.signIn('ada', { ...somebody, email: 'other@example.org' })).accessToken,
    );
    expect(second.body).toEqual(first.body);
    const events = await system.sql<{ type: string }>(
      'SELECT type FROM messaging.outbox WHERE subject = $1 ORDER BY sequence',
      [first.body.id],
    );
    expect(events.map(({ type }) => type)).toEqual([
      'identity.user-registered',
      'identity.user-verified',
      'identity.external-identity-linked',
    ]);
  });

  it('welcomes every user with an address', async () => {
    const claims = { email: 'grace@example.org', email_verified: true, preferred_username: 'grace' };
    await me((await provider.signIn(subject(), claims)).accessToken);
    expect((await system.inbox.latest('grace@example.org')).subject).toMatch(/Welcome/);
  });

  it('separates users with the same subject at two providers', async () => {
    const [one, two] = await Promise.all([
      provider.signIn('same', { preferred_username: 'same' }),
      ofIdTokens.signIn('same', { preferred_username: 'same' }),
    ]);
    const [first, second] = [await me(one.accessToken), await me(two.idToken)];
    expect([first.status, second.status]).toEqual([200, 200]);
    expect(first.body.id).not.toBe(second.body.id);
  });

  it('takes ID tokens only where their audience is configured', async () => {
    expect((await me((await provider.signIn(subject())).idToken)).status).toBe(401);
    expect((await me((await ofIdTokens.signIn(subject())).idToken)).status).toBe(200);
    expect((await me((await ofIdTokens.signIn(subject())).accessToken)).status).toBe(401);
  });

  it('rejects the token of a client', async () => {
    expect((await me(await provider.clientToken())).status).toBe(401);
  });

  describe('with the e-mail address of an account', () => {
    it.each([
      ['that is not verified', false],
      ['that the provider has verified', true],
      ['of which the provider says "true" in a text', 'true'],
    ])('%s gets an account of its own, without it', async (_, email_verified) => {
      const victim = await signUp(system);
      const { body, status } = await me(await forged({ email: victim.email, email_verified }));
      expect(status).toBe(200);
      expect(body.id).not.toBe(victim.id);
      expect(body.email).toMatch(NO_ADDRESS);
      const login = await system.ask('POST /v1/auth/login', {
        body: { email: victim.email, password: PASSWORD },
      });
      expect(login.body.user.id).toBe(victim.id);
    });
  });

  it('does not take an address that is not verified, though it is free', async () => {
    const { body } = await me(await forged({ email: 'unverified@example.org' }));
    expect(body.email).toMatch(NO_ADDRESS);
  });

  it('takes the address from an unverified registration, which is canceled', async () => {
    const stranger = newcomer();
    await system.ask('POST /v1/auth/register', { body: stranger });
    const { code, token } = await verificationMail(system, stranger.email);
    const claims = { email: stranger.email, email_verified: true, preferred_username: 'rightful' };
    const { status, body } = await me(await forged(claims));
    expect([status, body.email, body.username]).toEqual([200, stranger.email, 'rightful']);
    const verified = await system.ask('POST /v1/auth/verify', { body: { email: stranger.email, code } });
    expect([410, 422]).toContain(verified.status);
    expect((await system.ask(`PUT /v1/users/activate/${token}`)).status).toBe(404);
    const login = await system.ask('POST /v1/auth/login', {
      body: { email: stranger.email, password: stranger.password },
    });
    expect(login.body.code).toBe('identity.bad-credentials');
  });

  it('leaves a registration alone whose address the provider has not verified', async () => {
    const pending = newcomer();
    await system.ask('POST /v1/auth/register', { body: pending });
    const { body } = await me(await forged({ email: pending.email, email_verified: false }));
    expect(body.email).toMatch(NO_ADDRESS);
    const { code } = await verificationMail(system, pending.email);
    const verified = await system.ask('POST /v1/auth/verify', { body: { email: pending.email, code } });
    expect(verified.status).toBe(200);
  });

  it.each(['nul\0@example.org', 'a,b@example.org', 'sur\ud800@example.org', 'a b@example.org', '"a"b@x.org'])(
    'takes no address that a registration would refuse: %j',
    async (email) => {
      const { status, body } = await me(await forged({ email, email_verified: true, name: 'A\ud800\0da' }));
      expect(status).toBe(200);
      expect([body.email, body.name]).toEqual([expect.stringMatching(NO_ADDRESS), 'A da']);
    },
  );

  it.each(['nul\0', 'sur\ud800', 'line\nbreak'])('rejects the subject %j', async (sub) => {
    expect((await me(await forged({ sub }))).body.code).toBe('auth.unauthenticated');
  });

  it('allows no sign-in by password', async () => {
    const email = 'external@example.org';
    await me(await forged({ email, email_verified: true }));
    const { status, body } = await system.ask('POST /v1/auth/login', { body: { email, password: PASSWORD } });
    expect([status, body.code]).toEqual([401, 'identity.bad-credentials']);
  });

  it('makes one account for fifty first requests at two apis', async () => {
    const sub = subject();
    const tokens = await Promise.all(
      Array.from({ length: 50 }, (_, jti) => forged({ sub, jti: String(jti) })),
    );
    const kinds = [system.inApi(ExternalTokens), otherApi.get(ExternalTokens, { strict: false })];
    const callers = await Promise.all(tokens.map((token, index) => kinds[index % 2]!.authenticate(token)));
    expect(new Set(callers.map((caller) => caller?.userId)).size).toBe(1);
    const rows = await system.sql('SELECT 1 FROM identity.external_identities WHERE subject = $1', [sub]);
    expect(rows).toHaveLength(1);
    const users = await system.sql(
      'SELECT 1 FROM messaging.outbox WHERE type = $1 AND data->>$2 = $3 AND subject = $4',
      ['identity.external-identity-linked', 'issuer', provider.url, callers[0]!.userId],
    );
    expect(users).toHaveLength(1);
  });

  it('gives different usernames to ten concurrent users who prefer the same one', async () => {
    const tokens = await Promise.all(
      Array.from({ length: 10 }, () => forged({ preferred_username: 'popular' })),
    );
    const answers = await Promise.all(tokens.map((token) => served(() => me(token))));
    expect(answers.map(({ status }) => status)).toEqual(Array(10).fill(200));
    const usernames = answers.map(({ body }) => body.username as string);
    expect(new Set(usernames).size).toBe(10);
    expect(usernames).toContain('popular');
  });

  it('uses another username if the same one is taken in between', async () => {
    const token = await forged({ preferred_username: 'contested' });
    const transaction = system.inApi(Transaction);
    const sql = system.inApi(Sql);
    let answer: ReturnType<typeof me> | undefined;
    await transaction.run(async () => {
      await sql.execute(
        `INSERT INTO identity.users (id, version, email, username, name, role, status, password_hash, registered_at)
         VALUES ($1, 1, 'contested@example.org', 'contested', 'Some Person', 'user', 'active', '', now())`,
        [newId()],
      );
      answer = transaction.outside(() => me(token));
      await eventually(
        async () =>
          (await sql.row(
            `SELECT 1 AS waits FROM pg_locks WHERE NOT granted AND pg_blocking_pids(pid) @> ARRAY[pg_backend_pid()]`,
          )) !== undefined,
      );
    });
    expect((await answer!).body.username).toMatch(/^contested-[0-9a-f]{12}$/);
  });

  it('has the time of authentication, and no session here', async () => {
    const authTime = Math.floor(Date.now() / 1_000) - 100;
    expect(await bySubject(await forged({ auth_time: authTime }))).toMatchObject({
      sessionId: null,
      roles: ['user'],
      authenticatedAt: new Date(authTime * 1_000),
    });
    expect((await bySubject(await forged({})))!.authenticatedAt).toBeNull();
    const future = await bySubject(await forged({ auth_time: authTime + 10_000 }));
    expect(future!.authenticatedAt!.getTime()).toBeLessThanOrEqual(Date.now());
  });

  it('grants roles by the mapping, and nothing for words that are not in it', async () => {
    const staff = await bySubject(await forged({ access: { roles: ['staff', 'admin', 'constructor'] } }));
    expect(staff!.roles).toEqual(['user', 'moderator']);
    expect(staff!.permissions).toContain('posts:update:any');
    expect((await bySubject(await forged({ roles: ['staff'], access: 'staff' })))!.roles).toEqual(['user']);
  });

  it.each<[JWTPayload, number]>([
    [{ scope: 'openid rookery profile' }, 200],
    [{ scp: ['rookery', 'openid'] }, 200],
    [{ scp: 'rookery openid' }, 200],
    [{}, 401],
    [{ scope: 'openid' }, 401],
    [{ scope: 'openid rookery-admin' }, 401],
    [{ scp: ['rookery openid'] }, 401],
    [{ scope: 'openid', scp: ['rookery', 'openid'] }, 401],
    [{ scope: { rookery: true, openid: true } }, 401],
  ])(
    'needs the scopes that the setting of its issuer names: with %j it is answered %d',
    async (claims, status) => {
      expect((await me(await ofScopes.forge({ sub: subject(), ...claims }))).status).toBe(status);
    },
  );

  it('is refused within five seconds of the account being closed', async () => {
    const token = await forged({});
    const { body } = await me(token);
    await system.sql(`UPDATE identity.users SET status = 'pending' WHERE id = $1`, [body.id]);
    await eventually(async () => (await me(token)).status === 401, NOTICED_MS);
  });

  describe('with an invalid token', () => {
    const now = () => Math.floor(Date.now() / 1_000);
    const signed = (claims: JWTPayload, header: Partial<JWTHeaderParameters> = {}) =>
      provider.forge({ sub: 'ada', ...claims }, { header });
    const raw = (header: object, signature: (input: string) => string) => {
      const payload = { iss: provider.url, aud: AUDIENCE, sub: 'ada', exp: now() + 600 };
      const input = [header, payload]
        .map((part) => Buffer.from(JSON.stringify(part)).toString('base64url'))
        .join('.');
      return `${input}.${signature(input)}`;
    };
    const kid = () => provider.publicKey().kid!;
    const stranger = async (header: (jwk: object) => object = () => ({})) => {
      const { privateKey, publicKey } = await generateKeyPair('ES256');
      const extra = header(await exportJWK(publicKey)) as Partial<JWTHeaderParameters>;
      return provider.forge({ sub: 'ada' }, { key: privateKey, header: extra });
    };

    it('accepts the valid token that all the invalid ones are derived from', async () => {
      expect((await me(await signed({}))).status).toBe(200);
      expect((await me(await signed({}, { typ: 'JWT' }))).status).toBe(200);
      expect((await me(await signed({ exp: now() - 20 }))).status).toBe(200);
    });

    it.each<[string, () => string | Promise<string>]>([
      ['signed by another key', () => stranger()],
      ['with its own key in the header', () => stranger((jwk) => ({ jwk }))],
      ['with an address of keys in the header', () => stranger(() => ({ jku: 'http://127.0.0.1:1/jwks' }))],
      ['with an unknown key', () => signed({}, { kid: '../../etc/passwd' })],
      [
        'that is no JSON inside',
        () => `${btoa('{"alg":"ES256","typ":"JWT"}').replaceAll('=', '')}.bm90aGluZw.AAAA`,
      ],
      ['without a signature', () => raw({ alg: 'none', typ: 'at+jwt' }, () => '')],
      [
        'signed with the public key as a secret',
        () =>
          raw({ alg: 'HS256', typ: 'at+jwt', kid: kid() }, (input) =>
            createHmac('sha256', JSON.stringify(provider.publicKey())).update(input).digest('base64url'),
          ),
      ],
      ['for another audience', () => signed({ aud: 'https://else.example' })],
      ['for no audience', () => signed({ aud: undefined })],
      ['of an issuer that is not configured', () => signed({ iss: 'https://else.example' })],
      ['of nearly the issuer', () => signed({ iss: `${provider.url}/` })],
      ['of the other issuer', () => signed({ iss: ofIdTokens.url, aud: CLIENT_ID })],
      ['that expired', () => signed({ exp: now() - 61 })],
      ['that never expires', () => signed({ exp: undefined })],
      ['that is not good yet', () => signed({ nbf: now() + 61 })],
      ['about nobody', () => signed({ sub: '' })],
      ['of another type', () => signed({}, { typ: 'logout+jwt' })],
      ['about an event', () => signed({ events: {} }, { typ: 'JWT' })],
      ['bound to a key that nobody proved to have', () => signed({ cnf: { jkt: 'x' } })],
      ['with a header that must be understood', () => signed({}, { crit: ['strange'], strange: true })],
    ])('refuses one %s', async (_, token) => {
      expect((await me(await token())).body.code).toBe('auth.unauthenticated');
    });
  });

  // The last test: the provider stays down.
  it('does not affect others when the provider is down', async () => {
    const person = await signUp(system);
    const known = await forged({});
    expect((await me(known)).status).toBe(200);
    const fresh = await forged({});
    await provider.rotate();
    const unknown = await forged({});
    await provider.stop();
    // Passport has one strategy per process: that of the api that started last.
    otherApi.get(Clock, { strict: false }).now = () => new Date(Date.now() + 301_000);

    expect((await me(fresh)).status).toBe(200);
    const answer = await me(unknown);
    expect(answer).toMatchObject({ status: 503, body: { code: 'dependency.unavailable' } });
    expect(Number(answer.headers['retry-after'])).toBeGreaterThan(0);
    expect((await me(person.token)).status).toBe(200);
    const login = await system.ask('POST /v1/auth/login', {
      body: { email: person.email, password: PASSWORD },
    });
    expect(login.status).toBe(200);
    expect((await me((await ofIdTokens.signIn(subject())).idToken)).status).toBe(200);
    const health = await otherApi.inject({ method: 'GET', url: '/healthz' });
    expect(health.statusCode).toBe(200);
    expect(health.body).toContain('minutes old');
  });
});
