import { contexts } from '@rookery/contexts';
import { newcomer, PASSWORD, signUp, TestSystem } from '@rookery/testing';

const LOGIN = 'POST /v1/auth/login';

describe('signing in', () => {
  let system: TestSystem;

  beforeAll(async () => {
    system = await TestSystem.start(contexts);
  });
  afterAll(() => system.stop());

  it('answers tokens and who has signed in', async () => {
    const { id, email } = await signUp(system);
    const { status, body } = await system.ask(LOGIN, {
      body: { email: email.toUpperCase(), password: PASSWORD },
    });
    expect(status).toBe(200);
    expect(body).toMatchObject({ tokenType: 'Bearer', expiresIn: 900, user: { id, email } });
    expect((await system.ask('GET /v1/me', { token: body.accessToken })).status).toBe(200);
  });

  it('does not tell an unknown address from a wrong password', async () => {
    const { email } = await signUp(system);
    const [wrong, unknown] = await Promise.all([
      system.ask(LOGIN, { body: { email, password: 'not the password' } }),
      system.ask(LOGIN, { body: { email: 'nobody@example.com', password: PASSWORD } }),
    ]);
    const told = ({ status, body }: typeof wrong) => ({ status, ...body, traceId: '' });
    expect(told(wrong)).toEqual(told(unknown));
    expect(wrong).toMatchObject({ status: 401, body: { code: 'identity.bad-credentials' } });
  });

  it('tells only whoever knows the password that the address is not verified', async () => {
    const form = newcomer();
    await system.ask('POST /v1/auth/register', { body: form });
    const right = await system.ask(LOGIN, { body: { email: form.email, password: form.password } });
    const wrong = await system.ask(LOGIN, { body: { email: form.email, password: 'not the password' } });
    expect(right).toMatchObject({ status: 403, body: { code: 'identity.email-unverified' } });
    expect(wrong).toMatchObject({ status: 401, body: { code: 'identity.bad-credentials' } });
  });

  it('remembers the session and from where it was started, not its refresh token', async () => {
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
