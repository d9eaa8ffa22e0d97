import { Authenticator, PASSWORD, signUp } from '@rookery/contexts/identity/testing';
import { eventually, type Person, resolveParts, privateSystem, served } from '@rookery/testing';
import { generateSync } from 'otplib';

const MFA = 'POST /v1/auth/mfa';

const statusesOf = (answers: { status: number }[]) =>
  answers.map(({ status }) => status).toSorted((a, b) => a - b);

describe('signing in with a second factor', () => {
  const system = privateSystem();

  async function enrolled(): Promise<{ person: Person; app: Authenticator }> {
    const person = await signUp(system);
    return { person, app: await Authenticator.enroll(system, person) };
  }

  async function challenge({ email }: Person): Promise<string> {
    const { body } = await served(() =>
      system.ask('POST /v1/auth/login', { body: { email, password: PASSWORD } }),
    );
    return body.mfaToken;
  }

  const prove = (mfaToken: string, proof: { code?: string; recoveryCode?: string }) =>
    system.ask(MFA, { body: { mfaToken, ...proof } });
  const failuresOf = async ({ id }: Person) =>
    (
      await system.sql<{ failures: number }>(
        'SELECT failures FROM identity.second_factors WHERE user_id = $1',
        [id],
      )
    )[0]!.failures;

  it('takes the password, then a code', async () => {
    const { person, app } = await enrolled();
    const { status, body } = await system.ask('POST /v1/auth/login', {
      body: { email: person.email, password: PASSWORD },
    });
    expect(status).toBe(200);
    expect(Object.keys(body).sort()).toEqual(['methods', 'mfaRequired', 'mfaToken']);
    const signedIn = await prove(body.mfaToken, { code: await app.code() });
    expect(signedIn).toMatchObject({ status: 200, body: { tokenType: 'Bearer', user: { id: person.id } } });
    const fresh = await system.ask('GET /v1/me/api-keys', { token: signedIn.body.accessToken });
    expect(fresh.status).toBe(200);
  });

  it('does not accept the token of an incomplete sign-in as an access token, or vice versa', async () => {
    const { person, app } = await enrolled();
    const mfaToken = await challenge(person);
    expect((await system.ask('GET /v1/me', { token: mfaToken })).body.code).toBe('auth.unauthenticated');
    expect((await prove(person.token, { code: await app.code() })).status).toBe(401);
    expect((await prove('nonsense', { code: await app.code() })).status).toBe(401);
  });

  it('returns 401 for a wrong code and documents it', async () => {
    const { person, app } = await enrolled();
    const wrong = await prove(await challenge(person), { code: app.wrongCode() });
    expect(wrong).toMatchObject({ status: 401, body: { code: 'identity.code-invalid', status: 401 } });
    const body = resolveParts((await system.ask('GET /v1/openapi.json')).body);
    const { responses } = body.paths['/v1/auth/mfa'].post;
    expect(Object.keys(responses['401'].content['application/problem+json'].examples)).toEqual([
      'identity.code-invalid',
    ]);
    expect(JSON.stringify(responses['422'])).not.toContain('identity.code-invalid');
    const schema = body.paths['/v1/auth/login'].post.responses['200'].content['application/json'].schema;
    expect(schema.oneOf).toHaveLength(3);
  });

  it('requires exactly one of code and recovery code', async () => {
    const { person, app } = await enrolled();
    const mfaToken = await challenge(person);
    for (const proof of [{}, { code: '123456', recoveryCode: app.recoveryCodes[0]! }]) {
      const { status, body } = await prove(mfaToken, proof);
      expect([status, body.code]).toEqual([400, 'request.invalid']);
      expect(body.errors).toMatchObject([{ path: '', code: 'one-of' }]);
    }
  });

  it('accepts the same code only once for two concurrent sign-ins', async () => {
    const { person, app } = await enrolled();
    for (let race = 0; race < 10; race += 1) {
      const tokens = [await challenge(person), await challenge(person)];
      const code = await app.code();
      const answers = await Promise.all(tokens.map((mfaToken) => prove(mfaToken, { code })));
      expect(statusesOf(answers)).toEqual([200, 401]);
    }
  });

  it('rejects a used code and earlier codes', async () => {
    const { person, app } = await enrolled();
    const code = await app.code();
    expect((await prove(await challenge(person), { code })).status).toBe(200);
    expect((await prove(await challenge(person), { code })).status).toBe(401);
    const before = generateSync({ secret: app.secret, epoch: Math.floor(Date.now() / 1_000) - 30 });
    expect((await prove(await challenge(person), { code: before })).status).toBe(401);
  });

  it('accepts the previous, current and next code, and no others', async () => {
    const { person, app } = await enrolled();
    const at = async (seconds: number) => {
      await app.code();
      const mfaToken = await challenge(person);
      // Far enough from the end of a time step that it does not end before the code arrives.
      await eventually(() => Date.now() % 30_000 < 15_000);
      const middle = Math.floor(Date.now() / 30_000) * 30 + 15;
      const code = generateSync({ secret: app.secret, epoch: middle + seconds });
      return (await prove(mfaToken, { code })).status;
    };
    expect([await at(-30), await at(30), await at(-90), await at(90)]).toEqual([200, 200, 401, 401]);
  });

  it('consumes a token with the first right code, also under concurrency', async () => {
    const { person, app } = await enrolled();
    const mfaToken = await challenge(person);
    const code = await app.code();
    const answers = await Promise.all([
      ...Array.from({ length: 25 }, () => served(() => prove(mfaToken, { code }))),
      ...app.recoveryCodes.map((recoveryCode) => served(() => prove(mfaToken, { recoveryCode }))),
    ]);
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(1);
    expect(answers.filter(({ status }) => status === 401)).toHaveLength(34);
    expect((await prove(mfaToken, { code: await app.code() })).status).toBe(401);
  });

  it('does not consume a recovery code for a token without attempts left', async () => {
    const { person, app } = await enrolled();
    const mfaToken = await challenge(person);
    const answers = await Promise.all(
      app.recoveryCodes.map((recoveryCode) => served(() => prove(mfaToken, { recoveryCode }))),
    );
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(1);
    const left = await system.sql('SELECT 1 FROM identity.recovery_codes WHERE user_id = $1', [person.id]);
    expect(left).toHaveLength(9);
  });

  it('compares at most five of five hundred wrong codes sent at once for a token', async () => {
    const { person, app } = await enrolled();
    const mfaToken = await challenge(person);
    const code = app.wrongCode();
    const answers = await Promise.all(Array.from({ length: 500 }, () => prove(mfaToken, { code })));
    // A request that waits too long for a connection gets 503 without a comparison.
    expect(answers.every(({ status }) => status === 401 || status === 503)).toBe(true);
    const compared = answers.filter(
      ({ body }) => body.code === 'identity.code-invalid' && !/mfaToken/.test(body.detail),
    );
    expect(compared).toHaveLength(5);
    expect(await failuresOf(person)).toBe(5);
    expect((await prove(mfaToken, { code: await app.code() })).status).toBe(401);
    expect((await prove(await challenge(person), { code: await app.code() })).status).toBe(200);
    expect(await failuresOf(person)).toBe(0);
  });

  it('takes no codes of the app after a hundred wrong ones in a row, whatever the token, until a recovery code comes', async () => {
    const { person, app } = await enrolled();
    await system.sql('UPDATE identity.second_factors SET failures = 98 WHERE user_id = $1', [person.id]);
    const statuses = await Promise.all(
      Array.from({ length: 8 }, async () => {
        const mfaToken = await challenge(person);
        return (await served(() => prove(mfaToken, { code: app.wrongCode() }))).status;
      }),
    );
    expect(statuses.toSorted((a, b) => a - b)).toEqual([401, 401, 423, 423, 423, 423, 423, 423]);
    const right = await prove(await challenge(person), { code: await app.code() });
    expect(right).toMatchObject({ status: 423, body: { code: 'identity.code-locked' } });
    expect((await prove(await challenge(person), { recoveryCode: app.recoveryCodes[0]! })).status).toBe(200);
    expect((await prove(await challenge(person), { code: await app.code() })).status).toBe(200);
  });

  it('accepts a recovery code once, however it is typed, also under concurrency', async () => {
    const { person, app } = await enrolled();
    const tokens = await Promise.all(Array.from({ length: 8 }, () => challenge(person)));
    const recoveryCode = app.recoveryCodes[3]!.replaceAll('-', ' ').toLowerCase();
    const answers = await Promise.all(
      tokens.map((mfaToken) => served(() => prove(mfaToken, { recoveryCode }))),
    );
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(1);
    expect((await prove(await challenge(person), { recoveryCode: app.recoveryCodes[3]! })).status).toBe(401);
    expect((await prove(await challenge(person), { recoveryCode: app.recoveryCodes[4]! })).status).toBe(200);
  });

  it('takes no recovery code of somebody else', async () => {
    const [one, other] = [await enrolled(), await enrolled()];
    const answer = await prove(await challenge(one.person), { recoveryCode: other.app.recoveryCodes[0]! });
    expect(answer.status).toBe(401);
  });

  it('waits five minutes for the second factor', async () => {
    const { person, app } = await enrolled();
    const mfaToken = await challenge(person);
    const { exp, iat } = JSON.parse(Buffer.from(mfaToken.split('.')[1]!, 'base64url').toString());
    expect(exp - iat).toBe(300);
    await system.sql('UPDATE identity.mfa_tokens SET expires_at = now() WHERE user_id = $1', [person.id]);
    expect((await prove(mfaToken, { code: await app.code() })).status).toBe(401);
    await challenge(person);
    const open = await system.sql('SELECT 1 FROM identity.mfa_tokens WHERE user_id = $1', [person.id]);
    expect(open).toHaveLength(1);
  });

  it('is invalid after the owner has signed out everywhere', async () => {
    const { person, app } = await enrolled();
    const mfaToken = await challenge(person);
    expect((await system.ask('POST /v1/auth/logout-all', { token: person.token })).status).toBe(204);
    expect((await prove(mfaToken, { code: await app.code() })).status).toBe(401);
    expect((await prove(await challenge(person), { code: await app.code() })).status).toBe(200);
  });

  it('needs no Redis', async () => {
    const { person, app } = await enrolled();
    await system.killRedis();
    try {
      expect((await prove(await challenge(person), { code: await app.code() })).status).toBe(200);
    } finally {
      await system.startRedisEmpty();
    }
  });
});
