import { Authenticator, PASSWORD, signUp, wrongCode } from '@rookery/contexts/identity/testing';
import { eventually, type Person, privateSystem, served } from '@rookery/testing';
import { decodeJwt } from 'jose';
import { generateSync } from 'otplib';

const INITIATE = 'POST /v1/auth/totp/initiate';
const VERIFY = 'POST /v1/auth/totp/verify';
const DISABLE = 'DELETE /v1/auth/totp';
const REGENERATE = 'POST /v1/auth/recovery-codes';
const LOGIN = 'POST /v1/auth/login';

const sessionOf = ({ token }: Person) => decodeJwt<{ sid: string }>(token).sid;
const statusesOf = (answers: { status: number }[]) =>
  answers.map(({ status }) => status).toSorted((a, b) => a - b);

describe('enrolling an authenticator app', () => {
  const system = privateSystem({ LOG_LEVEL: 'trace' });

  const initiate = async ({ token }: Person) =>
    (await system.ask(INITIATE, { token })).body as { secret: string };
  const verify = ({ token }: Person, code: string) => system.ask(VERIFY, { token, body: { code } });
  const logIn = ({ email }: Person) => system.ask(LOGIN, { body: { email, password: PASSWORD } });

  it('returns the secret as text, URI and image, and changes nothing yet', async () => {
    const person = await signUp(system);
    const { status, body } = await system.ask(INITIATE, { token: person.token });
    expect(status).toBe(200);
    expect(body.secret).toMatch(/^[A-Z2-7]{32}$/);
    const uri = new URL(body.provisioningUri);
    expect(uri.protocol).toBe('otpauth:');
    expect(uri.searchParams.get('secret')).toBe(body.secret);
    expect(decodeURIComponent(uri.pathname)).toContain(`Rookery:${person.email}`);
    expect(body.qrCode).toMatch(/^data:image\/png;base64,/);
    expect((await logIn(person)).body).toHaveProperty('accessToken');
  });

  it('requires a fresh sign-in, so that the thief of a session cannot enroll an app', async () => {
    const person = await signUp(system);
    const { secret } = await initiate(person);
    await system.sql(
      `UPDATE identity.sessions SET authenticated_at = now() - interval '15 minutes' WHERE user_id = $1`,
      [person.id],
    );
    await system.fixture('identity.forgetSession', { sessionId: sessionOf(person) });
    const stale = { status: 403, body: { code: 'auth.mfa-required' } };
    expect(await system.ask(INITIATE, { token: person.token })).toMatchObject(stale);
    expect(await verify(person, generateSync({ secret }))).toMatchObject(stale);
    const { body } = await system.ask('POST /v1/auth/step-up', {
      token: person.token,
      body: { password: PASSWORD },
    });
    const proved = { ...person, token: body.accessToken as string };
    expect((await verify(proved, generateSync({ secret }))).status).toBe(200);
  });

  it('upgrades neither the session nor its existing access tokens', async () => {
    const person = await signUp(system);
    const authenticatedAt = async () =>
      (await system.sql('SELECT authenticated_at FROM identity.sessions WHERE user_id = $1', [person.id]))[0];
    const before = await authenticatedAt();
    await Authenticator.enroll(system, person);
    expect(await authenticatedAt()).toEqual(before);
  });

  it('returns ten recovery codes of at least 112 bits for the first code', async () => {
    const person = await signUp(system);
    const { secret } = await initiate(person);
    const { status, body } = await verify(person, generateSync({ secret }));
    expect(status).toBe(200);
    expect(new Set(body.recoveryCodes).size).toBe(10);
    for (const code of body.recoveryCodes)
      expect(code).toMatch(/^([0-9A-HJKMNP-TV-Z]{6}-){3}[0-9A-HJKMNP-TV-Z]{6}$/);
    expect((await logIn(person)).body).toMatchObject({
      mfaRequired: true,
      methods: ['totp', 'recovery-code'],
    });
  });

  it('refuses a wrong first code, one for a secret that was replaced, and one that nobody asked for', async () => {
    const person = await signUp(system);
    const nothing = await verify(person, '123456');
    expect(nothing).toMatchObject({ status: 409, body: { code: 'identity.totp-not-initiated' } });
    const first = await initiate(person);
    const wrong = await verify(person, wrongCode(first.secret));
    expect(wrong).toMatchObject({ status: 422, body: { code: 'identity.code-invalid' } });
    const second = await initiate(person);
    expect((await verify(person, generateSync({ secret: first.secret }))).status).toBe(422);
    expect((await verify(person, generateSync({ secret: second.secret }))).status).toBe(200);
  });

  it('cannot be done over an app that is enrolled', async () => {
    const person = await signUp(system);
    const { secret } = await Authenticator.enroll(system, person);
    const again = await system.ask(INITIATE, { token: person.token });
    expect(again).toMatchObject({ status: 409, body: { code: 'identity.totp-enrolled' } });
    const verified = await verify(person, generateSync({ secret }));
    expect(verified).toMatchObject({ status: 409, body: { code: 'identity.totp-enrolled' } });
  });

  it('happens once, however often the first code is sent at once', async () => {
    const person = await signUp(system);
    const { secret } = await initiate(person);
    const code = generateSync({ secret });
    const answers = await Promise.all(Array.from({ length: 20 }, () => served(() => verify(person, code))));
    expect(statusesOf(answers)).toEqual([200, ...Array<number>(19).fill(409)]);
    const codes = await system.sql('SELECT 1 FROM identity.recovery_codes WHERE user_id = $1', [person.id]);
    expect(codes).toHaveLength(10);
    const events = await system.sql(
      `SELECT 1 FROM messaging.outbox WHERE subject = $1 AND type = 'identity.mfa-enabled'`,
      [person.id],
    );
    expect(events).toHaveLength(1);
  });

  it('invalidates the authentication of other sessions without ending them', async () => {
    const person = await signUp(system);
    const { body: other } = await logIn(person);
    const list = 'GET /v1/me/api-keys';
    expect((await system.ask(list, { token: other.accessToken })).status).toBe(200);
    await Authenticator.enroll(system, person);
    const stale = await system.ask(list, { token: other.accessToken });
    expect(stale).toMatchObject({ status: 403, body: { code: 'auth.mfa-required' } });
    expect((await system.ask('GET /v1/me', { token: other.accessToken })).status).toBe(200);
    expect((await system.ask(list, { token: person.token })).status).toBe(200);
  });

  it('leaves no session fresh by password alone, also with concurrent sign-ins and step-ups', async () => {
    const person = await signUp(system);
    for (let race = 0; race < 10; race += 1) {
      const { body: other } = await logIn(person);
      const { secret } = await initiate(person);
      await Promise.all([
        served(() => verify(person, generateSync({ secret }))),
        ...Array.from({ length: 3 }, () => logIn(person)),
        ...Array.from({ length: 3 }, () =>
          system.ask('POST /v1/auth/step-up', { token: other.accessToken, body: { password: PASSWORD } }),
        ),
      ]);
      const proved = await system.sql(
        'SELECT 1 FROM identity.sessions WHERE user_id = $1 AND authenticated_at IS NOT NULL',
        [person.id],
      );
      expect(proved).toHaveLength(1);
      expect((await system.ask(DISABLE, { token: person.token })).status).toBe(204);
    }
  });

  it('notifies the owner by mail, also when the app is removed', async () => {
    const person = await signUp(system);
    await Authenticator.enroll(system, person);
    const enabled = await system.inbox.latest(person.email, /authentication is on/);
    expect(enabled.text).toContain('recovery codes');
    await system.ask(DISABLE, { token: person.token });
    const disabled = await system.inbox.latest(person.email, /authentication is off/);
    expect(disabled.text).toContain('was removed');
  });

  it('is undone by removing the app: the password is enough then, the codes are void, sessions go on', async () => {
    const person = await signUp(system);
    const app = await Authenticator.enroll(system, person);
    const { body: challenge } = await logIn(person);
    expect((await system.ask(DISABLE, { token: person.token })).status).toBe(204);
    expect((await logIn(person)).body).toHaveProperty('accessToken');
    expect((await system.ask('GET /v1/me', { token: person.token })).status).toBe(200);
    const late = await system.ask('POST /v1/auth/mfa', {
      body: { mfaToken: challenge.mfaToken, recoveryCode: app.recoveryCodes[0] },
    });
    expect(late.status).toBe(401);
    const again = await system.ask(DISABLE, { token: person.token });
    expect(again).toMatchObject({ status: 409, body: { code: 'identity.totp-not-enrolled' } });
    const codes = await system.ask(REGENERATE, { token: person.token });
    expect(codes).toMatchObject({ status: 409, body: { code: 'identity.totp-not-enrolled' } });
    const [user] = await system.sql<{ version: number; events: number }>(
      `SELECT version, (SELECT count(*)::int FROM messaging.outbox o WHERE o.subject = u.id) AS events
       FROM identity.users u WHERE id = $1`,
      [person.id],
    );
    expect(user!.version).toBe(user!.events);
  });

  it('returns new recovery codes after a fresh sign-in, and invalidates the old ones', async () => {
    const person = await signUp(system);
    const app = await Authenticator.enroll(system, person);
    const { status, body } = await system.ask(REGENERATE, { token: person.token });
    expect(status).toBe(201);
    expect(new Set(body.recoveryCodes).size).toBe(10);
    const use = async (recoveryCode: string) => {
      const { mfaToken } = (await logIn(person)).body;
      return (await system.ask('POST /v1/auth/mfa', { body: { mfaToken, recoveryCode } })).status;
    };
    expect(await use(app.recoveryCodes[0]!)).toBe(401);
    expect(await use(body.recoveryCodes[0])).toBe(200);
  });

  it('leaves neither secret nor recovery code readable in the database or the logs', async () => {
    const person = await signUp(system);
    const app = await Authenticator.enroll(system, person);
    const { mfaToken } = (await logIn(person)).body;
    await system.ask('POST /v1/auth/mfa', { body: { mfaToken, recoveryCode: app.recoveryCodes[0] } });
    await eventually(() => system.logged.some((line) => line.includes('/v1/auth/mfa')));
    const [dump] = await system.sql<{ everything: string }>(
      `SELECT (SELECT jsonb_agg(o) FROM messaging.outbox o)::text || (SELECT jsonb_agg(d) FROM messaging.event_delivery d)::text
              || (SELECT jsonb_agg(u) FROM identity.users u)::text || (SELECT jsonb_agg(s) FROM identity.sessions s)::text
              || (SELECT jsonb_agg(f) FROM identity.second_factors f)::text
              || (SELECT jsonb_agg(r) FROM identity.recovery_codes r)::text AS everything`,
    );
    const inHex = (text: string) => Buffer.from(text).toString('hex');
    const [code] = app.recoveryCodes as [string];
    for (const secret of [app.secret, inHex(app.secret), code, code.replaceAll('-', ''), inHex(code)]) {
      expect(dump!.everything.includes(secret)).toBe(false);
    }
    for (const secret of [app.secret, code, mfaToken]) expect(system.logged.join('')).not.toContain(secret);
  });

  it('is not available to API keys', async () => {
    const person = await signUp(system);
    const { body } = await system.ask('POST /v1/me/api-keys', {
      token: person.token,
      body: { name: 'all', scopes: ['read', 'write'] },
    });
    const asked = [INITIATE, DISABLE, REGENERATE, 'POST /v1/auth/logout-all', 'GET /v1/auth/sessions'];
    const answers = await Promise.all(asked.map((route) => system.ask(route, { token: body.key })));
    expect(answers.map(({ status, body: { code } }) => [status, code])).toEqual([
      [403, 'auth.forbidden'],
      [403, 'auth.mfa-required'],
      [403, 'auth.mfa-required'],
      [403, 'auth.forbidden'],
      [403, 'auth.forbidden'],
    ]);
  });
});
