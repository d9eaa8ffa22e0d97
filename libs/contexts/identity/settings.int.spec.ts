import { privateSystem } from '@rookery/testing';
import { newcomer, PASSWORD, signUp, verificationMail } from '@rookery/contexts/identity/testing';

const DAY = 86_400;

describe('An installation with custom settings', () => {
  const system = privateSystem({
    APP_URL: 'https://app.example/nest/',
    LOCKOUT_FAILURES: '3',
    LOCKOUT_SECONDS: '120',
    SESSION_IDLE_DAYS: '2',
    SESSION_MAX_DAYS: '5',
  });

  const logIn = (email: string, password: string) =>
    system.ask('POST /v1/auth/login', { body: { email, password } });
  const refresh = (refreshToken: string) => system.ask('POST /v1/auth/refresh', { body: { refreshToken } });

  async function timePasses(seconds: number): Promise<void> {
    await system.sql(
      `UPDATE identity.password_attempts
       SET locked_until = locked_until - make_interval(secs => $1),
           failed_at = array(SELECT at - make_interval(secs => $1) FROM unnest(failed_at) AS at)`,
      [seconds],
    );
  }

  it('links to its own app in mails', async () => {
    const form = newcomer();
    await system.ask('POST /v1/auth/register', { body: form });
    const { token } = await verificationMail(system, form.email);
    const verification = await system.inbox.latest(form.email, /code/);
    for (const part of [verification.text, verification.html.replaceAll('&#x3D;', '=')]) {
      expect(part).toContain(`https://app.example/nest/activate?token=${token}`);
    }
    await system.ask('POST /v1/auth/password/forgot', { body: { email: form.email } });
    const reset = await system.inbox.latest(form.email, /Set a new/);
    expect(reset.text).toMatch(/https:\/\/app\.example\/nest\/reset\?token=[\w-]+\n/);
  });

  it('locks an address after as many failures, for as long', async () => {
    const { email } = await signUp(system);
    for (const expected of [401, 401, 401, 423])
      expect((await logIn(email, 'not the password')).status).toBe(expected);
    const locked = await logIn(email, PASSWORD);
    expect(locked.status).toBe(423);
    expect(Number(locked.headers['retry-after'])).toBeGreaterThan(100);
    expect(Number(locked.headers['retry-after'])).toBeLessThanOrEqual(120);
    await timePasses(120);
    expect((await logIn(email, PASSWORD)).status).toBe(200);
  });

  it('expires failures after the same time', async () => {
    const { email } = await signUp(system);
    for (const wait of [0, 0, 120, 0]) {
      await timePasses(wait);
      expect((await logIn(email, 'not the password')).status).toBe(401);
    }
    expect((await logIn(email, PASSWORD)).status).toBe(200);
  });

  it('ends sessions that are unused for as long, and any after the longest time, however often they are refreshed', async () => {
    const { email } = await signUp(system);
    const { body } = await logIn(email, PASSWORD);
    const session = async () =>
      (
        await system.sql<{ idle: number; longest: number }>(
          `SELECT extract(epoch FROM idle_expires_at - last_seen_at)::int AS idle,
                  extract(epoch FROM expires_at - started_at)::int AS longest
           FROM identity.sessions ORDER BY id DESC LIMIT 1`,
        )
      )[0];
    expect(await session()).toEqual({ idle: 2 * DAY, longest: 5 * DAY });
    const first = await refresh(body.refreshToken);
    expect(await session()).toEqual({ idle: 2 * DAY, longest: 5 * DAY });
    expect(first.body.refreshExpiresIn).toBeGreaterThan(2 * DAY - 60);
    expect(first.body.refreshExpiresIn).toBeLessThanOrEqual(2 * DAY);

    const age = (interval: string) =>
      system.sql('UPDATE identity.sessions SET expires_at = expires_at - $1::interval', [interval]);
    await age('4 days 23 hours');
    const last = await refresh(first.body.refreshToken);
    expect(last.body.refreshExpiresIn).toBeLessThanOrEqual(3_600);
    await age('1 hour');
    expect((await refresh(last.body.refreshToken)).body.code).toBe('identity.refresh-invalid');
  });
});
