import { NOTICED_MS, PASSWORD, signUp } from '@rookery/contexts/identity/testing';
import { eventually, type Person, served, sharedSystem } from '@rookery/testing';

const CHANGE = 'PUT /v1/me/password';
const LOGIN = 'POST /v1/auth/login';
const NEW = 'an entirely new secret';

describe('changing your password', () => {
  const system = sharedSystem();

  const change = (token: string, password = NEW, currentPassword = PASSWORD) =>
    system.ask(CHANGE, { token, body: { currentPassword, password } });
  const signIn = (email: string, password: string) => system.ask(LOGIN, { body: { email, password } });
  const worksWith = async (token: string) => (await system.ask('GET /v1/me', { token })).status === 200;

  async function signedInTwice(): Promise<{
    person: Person;
    phone: { accessToken: string; refreshToken: string };
  }> {
    const person = await signUp(system);
    return { person, phone: (await signIn(person.email, PASSWORD)).body };
  }

  it('ends all other sessions and continues the current one', async () => {
    const { person, phone } = await signedInTwice();
    expect(await worksWith(phone.accessToken)).toBe(true);
    expect((await change(person.token)).status).toBe(204);
    await eventually(async () => !(await worksWith(phone.accessToken)), NOTICED_MS);
    const refreshed = await system.ask('POST /v1/auth/refresh', {
      body: { refreshToken: phone.refreshToken },
    });
    expect(refreshed.body.code).toBe('identity.refresh-invalid');
    expect(await worksWith(person.token)).toBe(true);
    const reasons = await system.sql<{ reason: string }>(
      `SELECT data->>'reason' AS reason FROM messaging.outbox
       WHERE type = 'identity.session-revoked' AND data->>'userId' = $1`,
      [person.id],
    );
    expect(reasons).toEqual([{ reason: 'password-changed' }]);
    const statuses = [await signIn(person.email, PASSWORD), await signIn(person.email, NEW)];
    expect(statuses.map(({ status }) => status)).toEqual([401, 200]);
  });

  it('needs the present password, and says that it was wrong without ending the session', async () => {
    const { token, email } = await signUp(system);
    const wrong = await change(token, NEW, 'not the password');
    expect(wrong).toMatchObject({
      status: 422,
      body: { code: 'identity.password-wrong', errors: [{ path: 'currentPassword', code: 'wrong' }] },
    });
    expect(await worksWith(token)).toBe(true);
    expect((await signIn(email, PASSWORD)).status).toBe(200);
  });

  it('counts wrong current passwords as failed sign-ins, so that a stolen session cannot guess', async () => {
    const { token, email } = await signUp(system);
    for (let tries = 0; tries < 10; tries += 1) await change(token, NEW, 'not the password');
    const locked = await change(token);
    expect(locked).toMatchObject({ status: 423, body: { code: 'identity.locked' } });
    expect((await signIn(email, PASSWORD)).status).toBe(423);
  });

  it('refuses weak and short passwords, and callers who are not signed in', async () => {
    const { token } = await signUp(system);
    expect(await change(token, 'password1234')).toMatchObject({
      status: 422,
      body: { code: 'identity.password-weak', errors: [{ path: 'password', code: 'password-common' }] },
    });
    expect(await change(token, 'short')).toMatchObject({ status: 400, body: { code: 'request.invalid' } });
    const nobody = await system.ask(CHANGE, { body: { currentPassword: PASSWORD, password: NEW } });
    expect(nobody).toMatchObject({ status: 401, body: { code: 'auth.unauthenticated' } });
  });

  it('lets one of many concurrent changes win', async () => {
    const { token, email } = await signUp(system);
    const passwords = Array.from({ length: 8 }, (_, index) => `contender number ${index}`);
    const answers = await Promise.all(passwords.map((password) => served(() => change(token, password))));
    const statuses = answers.map(({ status }) => status);
    expect([...statuses].sort((a, b) => a - b)).toEqual([204, ...Array<number>(7).fill(422)]);
    expect((await signIn(email, passwords[statuses.indexOf(204)]!)).status).toBe(200);
  });

  it('makes a link to reset the password useless', async () => {
    const { token, email } = await signUp(system);
    await system.ask('POST /v1/auth/password/forgot', { body: { email } });
    const { text } = await system.inbox.latest(email, /Set a new/);
    const link = /token=([\w-]+)/.exec(text)![1]!;
    await change(token);
    const reset = await system.ask('POST /v1/auth/password/reset', {
      body: { token: link, password: PASSWORD },
    });
    expect(reset.status).toBe(410);
  });

  it('leaves no session of a concurrent sign-in with the old password', async () => {
    for (let race = 0; race < 8; race += 1) {
      const { id, email, token } = await signUp(system);
      const logins = Array.from({ length: 4 }, () => signIn(email, PASSWORD));
      const [done] = await Promise.all([served(() => change(token)), ...logins]);
      expect(done.status).toBe(204);
      const open = await system.sql(
        'SELECT 1 FROM identity.sessions WHERE user_id = $1 AND revoked_at IS NULL',
        [id],
      );
      expect(open).toHaveLength(1);
    }
  });
});
