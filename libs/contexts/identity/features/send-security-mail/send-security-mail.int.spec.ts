import {
  Authenticator,
  newcomer,
  PASSWORD,
  signUp,
  verificationMail,
} from '@rookery/contexts/identity/testing';
import { eventually, privateSystem } from '@rookery/testing';

const NEW = 'an entirely new secret';

describe('mail about the security of an account', () => {
  const system = privateSystem({ LOG_LEVEL: 'trace' });

  async function resetToken(email: string): Promise<string> {
    await system.ask('POST /v1/auth/password/forgot', { body: { email } });
    const { text } = await system.inbox.latest(email, /Set a new/);
    return /token=([\w-]+)/.exec(text)![1]!;
  }

  it('says when, from where and what to do when the password was changed in a session', async () => {
    const { token, email } = await signUp(system);
    await system.ask('PUT /v1/me/password', { token, body: { currentPassword: PASSWORD, password: NEW } });
    const { text, html } = await system.inbox.latest(email, /password was changed/);
    expect(text).toMatch(/changed on \d{4}-\d\d-\d\d \d\d:\d\d UTC from 127\.0\.0\.1\./);
    expect(text).toContain('If it was not');
    expect(html).toContain('from 127.0.0.1');
  });

  it('does not name an address if it was reset with a link', async () => {
    const { email } = await signUp(system);
    const token = await resetToken(email);
    await system.ask('POST /v1/auth/password/reset', { body: { token, password: NEW } });
    const { text } = await system.inbox.latest(email, /password was changed/);
    expect(text).toMatch(/changed on \d{4}-\d\d-\d\d \d\d:\d\d UTC\. Other devices/);
  });

  it('reports the reuse of a refresh token', async () => {
    const { email } = await signUp(system);
    const { body: first } = await system.ask('POST /v1/auth/login', { body: { email, password: PASSWORD } });
    const refresh = (refreshToken: string) => system.ask('POST /v1/auth/refresh', { body: { refreshToken } });
    const { body: second } = await refresh(first.refreshToken);
    await refresh(second.refreshToken);
    await refresh(first.refreshToken);
    const { text } = await system.inbox.latest(email, /used your Rookery session/);
    expect(text).toContain('signed in from 127.0.0.1');
    expect(text).toContain('change your password');
    expect(text).not.toContain('rt_');
  });

  it('describes a new API key: scopes, expiry, origin, and nothing of its secret', async () => {
    const { token, email } = await signUp(system);
    const { body } = await system.ask('POST /v1/me/api-keys', {
      token,
      body: { name: 'Read this at once', scopes: ['read', 'write'] },
    });
    const { text } = await system.inbox.latest(email, /new API key/);
    expect(text).toMatch(/created on \d{4}-\d\d-\d\d \d\d:\d\d UTC from 127\.0\.0\.1\./);
    expect(text).toContain('read, write');
    expect(text).toContain(body.expiresAt.slice(0, 10));
    expect(text).toContain(body.prefix);
    expect(text).not.toContain(body.key);
    // The creator of the key chooses its name.
    expect(text).not.toContain('Read this at once');
  });

  it('reports a used recovery code, for a sign-in or a reauthentication, and how many are left', async () => {
    const person = await signUp(system);
    const app = await Authenticator.enroll(system, person);
    const proved = await system.ask('POST /v1/auth/step-up', {
      token: person.token,
      body: { recoveryCode: app.recoveryCodes[0] },
    });
    expect(proved.status).toBe(200);
    const { text } = await system.inbox.latest(person.email, /recovery code/);
    expect(text).toMatch(/used on \d{4}-\d\d-\d\d \d\d:\d\d UTC in a session .* from 127\.0\.0\.1/);
    expect(text).toContain('9 are left');

    const { body } = await system.ask('POST /v1/auth/login', {
      body: { email: person.email, password: PASSWORD },
    });
    const signedIn = await system.ask('POST /v1/auth/mfa', {
      body: { mfaToken: body.mfaToken, recoveryCode: app.recoveryCodes[1] },
    });
    expect(signedIn.status).toBe(200);
    const latest = await eventually(async () => {
      const { text: found } = await system.inbox.latest(person.email, /recovery code/);
      return found.includes('8 are left') && found;
    });
    expect(latest).toMatch(/used on .* UTC to sign in\./);
    for (const code of app.recoveryCodes) expect(text + latest).not.toContain(code);
  });

  it('tells the owner of a deleted account that this is final, and when it is erased', async () => {
    const { id, token, email } = await signUp(system);
    const german = await signUp(system);
    await system.ask('PUT /v1/me/preferences', {
      token: german.token,
      body: { interests: [], tone: 'calm', length: 'short', language: 'de' },
    });
    await system.ask('DELETE /v1/me', { token });
    await system.ask('DELETE /v1/me', { token: german.token });
    const [operation] = await system.sql<{ due: string }>(
      `SELECT to_char(due_at AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI UTC') AS due
       FROM operations.operations WHERE user_id = $1 AND kind = 'erasure'`,
      [id],
    );
    const { text } = await system.inbox.latest(email, /account was deleted/);
    expect(text).toMatch(/was deleted on \d{4}-\d\d-\d\d \d\d:\d\d UTC\./);
    expect(text).toContain(`erased after ${operation!.due}`);
    expect(text).toContain('This is final.');
    expect((await system.inbox.latest(german.email, /wurde gelöscht/)).text).toContain('endgültig');
  });

  it('tells it at the former address too, because a thief can change the address before', async () => {
    const { token, email } = await signUp(system);
    const other = newcomer().email;
    await system.ask('PUT /v1/me/email', { token, body: { email: other } });
    const { text } = await system.inbox.latest(other, /is your Rookery code/);
    const code = /code is (\d{6})/.exec(text)![1]!;
    const verified = await system.ask('POST /v1/me/email/verify', { token, body: { code } });
    expect(verified.status).toBe(200);
    await system.ask('DELETE /v1/me', { token });
    for (const address of [email, other])
      expect((await system.inbox.latest(address, /account was deleted/)).text).toContain('This is final.');
  });

  it('stores no plain-text passwords and tokens: in no table, delivery, job, key or log line', async () => {
    const form = newcomer({ password: 'a very particular secret' });
    await system.ask('POST /v1/auth/register', { body: form });
    const { code } = await verificationMail(system, form.email);
    await system.ask('POST /v1/auth/verify', { body: { email: form.email, code } });
    const token = await resetToken(form.email);
    await system.ask(`GET /reset?token=${token}`);
    await system.ask('POST /v1/auth/password/reset', {
      body: { token, password: 'an equally peculiar secret' },
    });
    await system.ask('POST /v1/auth/password/reset', {
      body: { token, password: 'an equally peculiar secret' },
    });
    await system.ask('POST /v1/auth/login', {
      body: { email: form.email, password: 'a wrong peculiar secret' },
    });
    const { body } = await system.ask('POST /v1/auth/login', {
      body: { email: form.email, password: 'an equally peculiar secret' },
    });
    await system.ask('PUT /v1/me/password', {
      token: body.accessToken,
      body: { currentPassword: 'an equally peculiar secret', password: 'one more peculiar secret' },
    });
    const pending = await resetToken((await signUp(system)).email);

    const tables = await system.sql<{ name: string }>(
      `SELECT format('%I.%I', schemaname, tablename) AS name FROM pg_tables WHERE schemaname IN ('identity', 'messaging')`,
    );
    const rows = await Promise.all(
      tables.map(({ name }) =>
        system.sql<{ text: string }>(`SELECT to_jsonb(t)::text AS text FROM ${name} t`),
      ),
    );
    const kept = await Promise.all(
      ((await system.redis('KEYS', '*')) as string[]).map(
        async (key) => key + String(await system.redis('DUMP', key)),
      ),
    );
    await eventually(() => system.logged.some((line) => line.includes('/v1/auth/password/reset')));
    const everything = JSON.stringify([rows, kept, system.logged]);
    expect(everything).toContain('password-reset-requested');
    for (const secret of ['particular secret', 'peculiar secret', token, pending]) {
      expect(everything).not.toContain(secret);
      expect(everything).not.toContain(Buffer.from(secret).toString('hex'));
    }
  });
});
