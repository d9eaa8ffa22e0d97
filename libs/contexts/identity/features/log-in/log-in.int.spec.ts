import { newcomer, PASSWORD, signUp } from '@rookery/contexts/identity/testing';
import { sharedSystem } from '@rookery/testing';

const LOGIN = 'POST /v1/auth/login';

describe('signing in', () => {
  const system = sharedSystem();

  it('returns tokens and the signed-in user', async () => {
    const { username } = newcomer();
    const { id, email } = await signUp(system, { username, name: 'Ada Lovelace' });
    const { status, body } = await system.ask(LOGIN, {
      body: { email: email.toUpperCase(), password: PASSWORD },
    });
    expect(status).toBe(200);
    expect(body).toEqual({
      tokenType: 'Bearer',
      accessToken: expect.stringMatching(/^[\w-]+\.[\w-]+\.[\w-]+$/),
      expiresIn: 900,
      refreshToken: expect.stringMatching(/^rt_/),
      refreshExpiresIn: 30 * 86_400,
      user: { id, email, username, name: 'Ada Lovelace', role: 'user' },
    });
    expect((await system.ask('GET /v1/me', { token: body.accessToken })).status).toBe(200);
  });

  it('stores an argon2id hash of a new password, with the memory and time that OWASP requires', async () => {
    const { id } = await signUp(system);
    const [row] = await system.sql<{ hash: string }>(
      'SELECT password_hash AS hash FROM identity.users WHERE id = $1',
      [id],
    );
    expect(row!.hash).toMatch(/^\$argon2id\$v=19\$m=19456,t=2,p=1\$/);
  });

  it('does not distinguish an unknown address from a wrong password', async () => {
    const { email } = await signUp(system);
    const [wrong, unknown] = await Promise.all([
      system.ask(LOGIN, { body: { email, password: 'not the password' } }),
      system.ask(LOGIN, { body: { email: 'nobody@example.com', password: PASSWORD } }),
    ]);
    const told = ({ status, body }: typeof wrong) => ({ status, ...body, traceId: '' });
    expect(told(wrong)).toEqual(told(unknown));
    expect(wrong).toMatchObject({ status: 401, body: { code: 'identity.bad-credentials' } });
  });

  it('reveals only with the right password that the address is not verified', async () => {
    const form = newcomer();
    await system.ask('POST /v1/auth/register', { body: form });
    const right = await system.ask(LOGIN, { body: { email: form.email, password: form.password } });
    const wrong = await system.ask(LOGIN, { body: { email: form.email, password: 'not the password' } });
    expect(right).toMatchObject({ status: 403, body: { code: 'identity.email-unverified' } });
    expect(wrong).toMatchObject({ status: 401, body: { code: 'identity.bad-credentials' } });
  });

  it('stores the session and its origin, not its refresh token', async () => {
    const { id, email } = await signUp(system);
    const { body } = await system.ask(LOGIN, {
      body: { email, password: PASSWORD },
      headers: { 'user-agent': 'a browser' },
    });
    const sessions = await system.sql<{ user_agent: string }>(
      'SELECT to_jsonb(s)::text AS text, user_agent FROM identity.sessions s WHERE user_id = $1 ORDER BY started_at',
      [id],
    );
    expect(sessions.at(-1)!.user_agent).toBe('a browser');
    expect(JSON.stringify(sessions)).not.toContain(body.refreshToken.split('.').at(-1));
  });
});
