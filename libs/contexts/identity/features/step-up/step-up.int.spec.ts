import { Authenticator, PASSWORD, signUp } from '@rookery/contexts/identity/testing';
import { type Answer, type Person, resolveParts, sharedSystem } from '@rookery/testing';

const STEP_UP = 'POST /v1/auth/step-up';
const FRESH_ROUTE = 'GET /v1/me/api-keys';

describe('Reauthenticating', () => {
  const system = sharedSystem();

  const sessionOf = async ({ id }: Person) =>
    (await system.sql<{ id: string }>('SELECT id FROM identity.sessions WHERE user_id = $1', [id]))[0]!.id;
  const status = async (token: string) => (await system.ask(FRESH_ROUTE, { token })).status;

  const refresh = (refreshToken: string) => system.ask('POST /v1/auth/refresh', { body: { refreshToken } });

  /** Moves the last authentication of the session, and of the token that was issued then, into the past. */
  async function age(person: Person, time: string): Promise<void> {
    const [session] = await system.sql<{ id: string }>(
      `UPDATE identity.sessions SET authenticated_at = now() - $2::interval WHERE user_id = $1 RETURNING id`,
      [person.id, time],
    );
    person.token = await system.fixture('identity.issueToken', { sessionId: session!.id });
    await system.fixture('identity.forgetSession', { sessionId: session!.id });
  }

  it('is required after fifteen minutes, and makes the route available again', async () => {
    const person = await signUp(system);
    await age(person, '14 minutes');
    expect(await status(person.token)).toBe(200);
    await age(person, '15 minutes');
    const stale = await system.ask(FRESH_ROUTE, { token: person.token });
    expect(stale).toMatchObject({ status: 403, body: { code: 'auth.mfa-required' } });
    const stepped = await system.ask(STEP_UP, { token: person.token, body: { password: PASSWORD } });
    expect(stepped).toMatchObject({ status: 200, body: { tokenType: 'Bearer', user: { id: person.id } } });
    expect(await status(stepped.body.accessToken)).toBe(200);
  });

  it('upgrades no access token that was issued before', async () => {
    const person = await signUp(system);
    await age(person, '16 minutes');
    const stepped = await system.ask(STEP_UP, { token: person.token, body: { password: PASSWORD } });
    expect(await status(stepped.body.accessToken)).toBe(200);
    expect((await system.ask('GET /v1/me', { token: person.token })).status).toBe(200);
    expect(await status(person.token)).toBe(403);
  });

  it.each([
    ['enrolled the app', 'enrolling'],
    ['was another one then', 'other'],
  ])(
    'revives no token that was copied before an authenticator app was enrolled, where the session %s',
    async (_, which) => {
      const person = await signUp(system);
      const { body: other } = await system.ask('POST /v1/auth/login', {
        body: { email: person.email, password: PASSWORD },
      });
      const copied: string = which === 'other' ? other.accessToken : person.token;
      expect(await status(copied)).toBe(200);
      const app = await Authenticator.enroll(system, person);
      const stepped = await system.ask(STEP_UP, { token: copied, body: { code: await app.code() } });
      expect(await status(stepped.body.accessToken)).toBe(200);
      expect((await system.ask('GET /v1/me', { token: copied })).status).toBe(200);
      expect(await status(copied)).toBe(403);
    },
  );

  it('does not make a token fresh again whose authentication was invalidated, also within the same second', async () => {
    const { email } = await signUp(system);
    const { body: before } = await system.ask('POST /v1/auth/login', { body: { email, password: PASSWORD } });
    const stepUp = async () =>
      (await system.ask(STEP_UP, { token: before.accessToken, body: { password: PASSWORD } })).body;
    const first = await stepUp();
    await refresh(before.refreshToken); // a copy from before the reauthentication: it is not fresh
    expect(await status(first.accessToken)).toBe(403);
    const second = await stepUp();
    expect(await status(second.accessToken)).toBe(200);
    expect(await status(first.accessToken)).toBe(403);
  });

  it('replaces the refresh token: using the previous one invalidates the authentication, and after 30 seconds ends the session', async () => {
    const { email, ...person } = await signUp(system);
    const { body: before } = await system.ask('POST /v1/auth/login', { body: { email, password: PASSWORD } });
    const stepUp = async () =>
      (await system.ask(STEP_UP, { token: before.accessToken, body: { password: PASSWORD } })).body;
    const stepped = await stepUp();
    expect(stepped.refreshToken).not.toBe(before.refreshToken);
    expect(await status(stepped.accessToken)).toBe(200);

    const copy = await refresh(before.refreshToken);
    expect(copy).toMatchObject({ status: 200, body: { refreshToken: stepped.refreshToken } });
    expect(await status(copy.body.accessToken)).toBe(403);
    expect(await status(stepped.accessToken)).toBe(403);
    const refreshed = await refresh(stepped.refreshToken);
    expect(await status(refreshed.body.accessToken)).toBe(403);

    expect(await status((await stepUp()).accessToken)).toBe(200);
    await system.sql(`UPDATE identity.sessions SET rotated_at = now() - interval '31 s' WHERE user_id = $1`, [
      person.id,
    ]);
    expect((await refresh(refreshed.body.refreshToken)).body.code).toBe('identity.refresh-reused');
  });

  it('makes every route that requires it available; the API description lists these routes', async () => {
    const person = await signUp(system);
    await Authenticator.enroll(system, person);
    await age(person, '16 minutes');
    const routes = [
      'POST /v1/auth/totp/initiate',
      'POST /v1/auth/totp/verify',
      'DELETE /v1/auth/totp',
      'POST /v1/auth/recovery-codes',
      'GET /v1/me/api-keys',
      'POST /v1/me/api-keys',
      'DELETE /v1/me/api-keys/{id}',
    ];
    const api = resolveParts((await system.ask('GET /v1/openapi.json')).body);
    for (const route of routes) {
      const [method, path] = route.split(' ') as [string, string];
      const answer = await system.ask(route, { token: person.token });
      expect([route, answer.status, answer.body.code]).toEqual([route, 403, 'auth.mfa-required']);
      const operation = api.paths[path][method.toLowerCase()];
      expect(operation['x-requires-fresh-sign-in']).toBe(true);
      expect(operation.responses['403'].content['application/problem+json'].examples).toHaveProperty([
        'auth.mfa-required',
      ]);
    }
  });

  it('survives a refresh', async () => {
    const person = await signUp(system);
    await age(person, '16 minutes');
    const { body } = await system.ask(STEP_UP, { token: person.token, body: { password: PASSWORD } });
    const refreshed = await refresh(body.refreshToken);
    expect(await status(refreshed.body.accessToken)).toBe(200);
    await age(person, '16 minutes');
    const stale = await refresh(refreshed.body.refreshToken);
    expect(await status(stale.body.accessToken)).toBe(403);
  });

  it('accepts a code or a recovery code from users with a second factor, and no longer the password', async () => {
    const person = await signUp(system);
    const app = await Authenticator.enroll(system, person);
    await age(person, '16 minutes');
    const ask = (body: object) => system.ask(STEP_UP, { token: person.token, body });
    const password = await ask({ password: PASSWORD });
    expect(password).toMatchObject({ status: 403, body: { code: 'identity.second-factor-needed' } });
    expect(await status(person.token)).toBe(403);
    const wrong = await ask({ code: app.wrongCode() });
    expect(wrong).toMatchObject({ status: 422, body: { code: 'identity.code-invalid' } });
    const [failures] = await system.sql('SELECT failures FROM identity.second_factors WHERE user_id = $1', [
      person.id,
    ]);
    expect(failures).toEqual({ failures: 1 });
    const code = await app.code();
    const stepped = await ask({ code });
    expect(stepped.status).toBe(200);
    expect(await status(stepped.body.accessToken)).toBe(200);
    expect((await ask({ code })).status).toBe(422);
    await age(person, '16 minutes');
    expect((await ask({ recoveryCode: app.recoveryCodes[0] })).status).toBe(200);
    expect((await ask({ recoveryCode: app.recoveryCodes[0] })).status).toBe(422);
  });

  it('refuses a wrong password, a code without an app, and two proofs at once', async () => {
    const person = await signUp(system);
    const ask = (body: object) => system.ask(STEP_UP, { token: person.token, body });
    expect(await ask({ password: 'not it' })).toMatchObject({
      status: 422,
      body: { code: 'identity.password-wrong' },
    });
    expect(await ask({ code: '123456' })).toMatchObject({
      status: 409,
      body: { code: 'identity.totp-not-enrolled' },
    });
    expect((await ask({ code: '123456', password: PASSWORD })).status).toBe(400);
    expect((await ask({})).status).toBe(400);
  });

  it('compares at most ten of a hundred wrong reauthentications, and then not even the right one', async () => {
    const person = await signUp(system);
    const ask = (password: string) => system.ask(STEP_UP, { token: person.token, body: { password } });
    const answers: Answer[] = [];
    // Not all at once: the api has ten connections, and who waits too long for one is told 503, compared or not.
    for (let round = 0; round < 5; round += 1)
      answers.push(...(await Promise.all(Array.from({ length: 20 }, () => ask('not the password')))));
    expect(answers.filter(({ body }) => body.code === 'identity.password-wrong')).toHaveLength(10);
    expect(answers.filter(({ body }) => body.code === 'identity.proofs-exhausted')).toHaveLength(90);
    expect((await ask(PASSWORD)).status).toBe(423);
    // They count like wrong passwords elsewhere: the address is locked.
    const again = await system.ask('POST /v1/auth/login', {
      body: { email: person.email, password: PASSWORD },
    });
    expect(again).toMatchObject({ status: 423, body: { code: 'identity.locked' } });
    expect(Number(again.headers['retry-after'])).toBeGreaterThan(0);
    // Both routes can return this, and document it.
    const api = resolveParts((await system.ask('GET /v1/openapi.json')).body);
    for (const path of ['/v1/auth/step-up', '/v1/auth/login']) {
      const locked = api.paths[path].post.responses['423'];
      expect(locked.headers).toHaveProperty('Retry-After');
      expect(locked.content['application/problem+json'].examples).toHaveProperty(['identity.locked']);
    }
  });

  it('takes effect immediately in a process that has cached the session, even if another process handled it', async () => {
    const person = await signUp(system);
    await age(person, '16 minutes');
    expect(await status(person.token)).toBe(403);
    // Simulates another process that reauthenticates and issues a token, without notifying this one.
    const session = await sessionOf(person);
    await system.sql(
      `UPDATE identity.sessions SET authenticated_at = now(), proof_version = proof_version + 1 WHERE id = $1`,
      [session],
    );
    const token = await system.fixture<string>('identity.issueToken', { sessionId: session }, 'worker');
    expect(await status(token)).toBe(200);
  });
});
