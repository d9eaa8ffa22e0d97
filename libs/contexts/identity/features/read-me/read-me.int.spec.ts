import { sharedSystem } from '@rookery/testing';
import { createHmac, createPublicKey, generateKeyPairSync, type KeyObject } from 'node:crypto';
import { JwtService } from '@nestjs/jwt';
import { Authenticator, enroll, signUp } from '@rookery/contexts/identity/testing';

const ME = 'GET /v1/me';
const jwt = new JwtService();

describe('reading the own account', () => {
  const system = sharedSystem();

  it('needs a token, and says so', async () => {
    const nobody = await system.ask(ME);
    expect(nobody).toMatchObject({ status: 401, body: { code: 'auth.unauthenticated' } });
    expect(nobody.headers['www-authenticate']).toMatch(/^Bearer/);
  });

  it('answers a client that has it already with 304', async () => {
    const { token } = await signUp(system);
    const first = await system.ask(ME, { token });
    expect(first.headers.etag).toMatch(new RegExp(`^"${first.body.version}-`));
    expect(first.headers).toMatchObject({ 'cache-control': 'private, no-cache', vary: 'Authorization' });
    const second = await system.ask(ME, { token, headers: { 'if-none-match': String(first.headers.etag) } });
    expect([second.status, second.body]).toEqual([304, '']);
  });

  it('returns the full response for the ETag of another user, of a version alone, or of an old state', async () => {
    const [ada, grace] = [await signUp(system), await signUp(system)];
    const { headers, body } = await system.ask(ME, { token: ada.token });
    for (const known of [String(headers.etag), `"${body.version}"`]) {
      const answer = await system.ask(ME, { token: grace.token, headers: { 'if-none-match': known } });
      expect(answer).toMatchObject({ status: 200, body: { id: grace.id, version: body.version } });
    }
    await system.sql(`UPDATE identity.users SET role = 'moderator' WHERE id = $1`, [ada.id]);
    const again = await system.ask(ME, {
      token: ada.token,
      headers: { 'if-none-match': String(headers.etag) },
    });
    expect(again).toMatchObject({ status: 200, body: { role: 'moderator', version: body.version } });
  });

  it('shows the bio, the second factor, how many recovery codes are left, and the permissions', async () => {
    const person = await enroll(system, { role: 'moderator' });
    const me = () => system.ask(ME, { token: person.token });
    const before = await me();
    expect(before.body).toMatchObject({ bio: '', mfaEnabled: false, recoveryCodesLeft: 0 });
    expect(before.body.permissions).toEqual(expect.arrayContaining(['posts:update:any']));
    expect(before.body.permissions).not.toContain('users:role');
    expect(before.body.permissions).toEqual(before.body.permissions.toSorted());
    const app = await Authenticator.enroll(system, person);
    const enrolled = await me();
    expect(enrolled.body).toMatchObject({ mfaEnabled: true, recoveryCodesLeft: 10 });
    await system.ask('POST /v1/auth/step-up', {
      token: person.token,
      body: { recoveryCode: app.recoveryCodes[0] },
    });
    const after = await me();
    expect(after.body).toEqual({ ...enrolled.body, recoveryCodesLeft: 9 });
    // The version is that of the profile, which none of this changes; the validator covers everything.
    expect(new Set([before, enrolled, after].map(({ headers }) => headers.etag)).size).toBe(3);
  });

  it('is refused once the account is gone', async () => {
    const { id, token } = await signUp(system);
    await system.sql('DELETE FROM identity.users WHERE id = $1', [id]);
    expect((await system.ask(ME, { token })).status).toBe(401);
  });

  it('verifies with the published keys', async () => {
    const { id, token } = await signUp(system);
    const { body } = await system.ask('GET /.well-known/jwks.json');
    const [key] = body.keys;
    const publicKey = createPublicKey({ key, format: 'jwk' })
      .export({ type: 'spki', format: 'pem' })
      .toString();
    expect(jwt.verify(token, { publicKey, algorithms: ['ES256'] })).toMatchObject({ sub: id });
    expect(JSON.stringify(body)).not.toContain('"d"');
  });

  describe('with a token that is not ours', () => {
    let claims: Record<string, unknown>;
    let kid: string;
    let publicKey: KeyObject;

    beforeAll(async () => {
      const { token } = await signUp(system);
      const { iat: _iat, exp: _exp, ...rest } = jwt.decode<Record<string, unknown>>(token);
      claims = rest;
      const [published] = (await system.ask('GET /.well-known/jwks.json')).body.keys;
      kid = published.kid;
      publicKey = createPublicKey({ key: published, format: 'jwk' });
    });

    const raw = (header: object, payload: object, signature = '') =>
      [header, payload].map((part) => Buffer.from(JSON.stringify(part)).toString('base64url')).join('.') +
      `.${signature}`;
    const inAnHour = () => Math.floor(Date.now() / 1_000) + 3_600;
    const signed = (own: object, typ = 'at+jwt') =>
      system.fixture<string>('identity.signToken', { claims: { ...claims, ...own }, typ });
    const forged = (own: object) =>
      jwt.sign(
        { ...claims, ...own },
        {
          privateKey: generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey,
          algorithm: 'ES256',
          header: { alg: 'ES256', typ: 'at+jwt', kid },
        },
      );

    it.each<[string, () => string | Promise<string>]>([
      ['nonsense', () => 'nonsense'],
      ['no algorithm', () => raw({ alg: 'none', typ: 'at+jwt', kid }, { ...claims, exp: inAnHour() })],
      ['a signature of another key', () => forged({ exp: inAnHour() })],
      [
        'an unknown key',
        () => raw({ alg: 'ES256', typ: 'at+jwt', kid: '../../etc/passwd' }, { ...claims, exp: inAnHour() }),
      ],
      ['another type', () => signed({ exp: inAnHour() }, 'JWT')],
      ['another issuer', () => signed({ exp: inAnHour(), iss: 'https://elsewhere.example' })],
      ['another audience', () => signed({ exp: inAnHour(), aud: 'elsewhere' })],
      ['an expiry that has passed', () => signed({ exp: inAnHour() - 7_200 })],
      [
        'the public key used as an HMAC secret',
        () => {
          const header = { alg: 'HS256', typ: 'at+jwt', kid };
          const body = raw(header, { ...claims, exp: inAnHour() }).slice(0, -1);
          const secret = publicKey.export({ type: 'spki', format: 'pem' });
          return `${body}.${createHmac('sha256', secret).update(body).digest('base64url')}`;
        },
      ],
    ])('refuses %s', async (_, token) => {
      expect((await system.ask(ME, { token: await token() })).body.code).toBe('auth.unauthenticated');
    });

    it('accepts one that is', async () => {
      expect((await system.ask(ME, { token: await signed({ exp: inAnHour() }) })).status).toBe(200);
    });
  });
});
