import { PASSWORD, signUp } from '@rookery/contexts/identity/testing';
import { type Person, privateSystem, served } from '@rookery/testing';

const MAX = 5;

describe('The number of sessions and API keys of a user', () => {
  const system = privateSystem({
    MAX_SESSIONS_PER_USER: String(MAX),
    MAX_API_KEYS_PER_USER: String(MAX),
  });

  const logIn = ({ email }: Person) =>
    system.ask('POST /v1/auth/login', { body: { email, password: PASSWORD } });
  const createKey = ({ token }: Person) =>
    system.ask('POST /v1/me/api-keys', { token, body: { name: 'a program', scopes: ['read'] } });
  const refresh = async (refreshToken: string) =>
    (await system.ask('POST /v1/auth/refresh', { body: { refreshToken } })).status;
  const open = async ({ id }: Person) =>
    (await system.sql('SELECT 1 FROM identity.sessions WHERE user_id = $1 AND revoked_at IS NULL', [id]))
      .length;

  it('is bounded: one more sign-in ends the session that was refreshed longest ago', async () => {
    const person = await signUp(system);
    const tokens: string[] = [];
    for (let nr = 1; nr < MAX; nr += 1) tokens.push((await logIn(person)).body.refreshToken);
    expect(await open(person)).toBe(MAX);
    // The session of the registration is the oldest, and in use.
    await system.sql(
      `UPDATE identity.sessions SET last_seen_at = now() + interval '1 s' WHERE id =
         (SELECT id FROM identity.sessions WHERE user_id = $1 ORDER BY id LIMIT 1)`,
      [person.id],
    );
    expect((await logIn(person)).status).toBe(200);
    expect(await open(person)).toBe(MAX);
    expect(await Promise.all(tokens.map(refresh))).toEqual([401, 200, 200, 200]);
    expect((await system.ask('GET /v1/me', { token: person.token })).status).toBe(200);
    const events = await system.sql(
      `SELECT data->>'reason' AS reason FROM messaging.outbox
       WHERE type = 'identity.session-revoked' AND data->>'userId' = $1`,
      [person.id],
    );
    expect(events).toEqual([{ reason: 'too-many-sessions' }]);
  });

  it('is bounded however many sign in at once', async () => {
    const [person, bystander] = [await signUp(system), await signUp(system)];
    while ((await open(person)) < MAX) await logIn(person);
    const answers = await Promise.all(Array.from({ length: 20 }, () => served(() => logIn(person))));
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]));
    expect([await open(person), await open(bystander)]).toEqual([MAX, 1]);
  });

  it('does not count sessions that have ended by themselves', async () => {
    const person = await signUp(system);
    for (let nr = 1; nr < MAX; nr += 1) await logIn(person);
    await system.sql(
      `UPDATE identity.sessions SET idle_expires_at = now() WHERE user_id = $1 AND id <>
         (SELECT id FROM identity.sessions WHERE user_id = $1 ORDER BY id LIMIT 1)`,
      [person.id],
    );
    await logIn(person);
    expect((await system.ask('GET /v1/auth/sessions', { token: person.token })).body.data).toHaveLength(2);
  });

  it('is bounded for keys, however many are made at once, until one is revoked or has expired', async () => {
    const person = await signUp(system);
    const answers = await Promise.all(Array.from({ length: 20 }, () => served(() => createKey(person))));
    const made = answers.filter(({ status }) => status === 201);
    expect(made).toHaveLength(MAX);
    for (const { status, body } of answers.filter((answer) => !made.includes(answer)))
      expect([status, body.code]).toEqual([409, 'identity.too-many-api-keys']);
    const [revoked, expired] = made.map(({ body }) => body.id as string);
    await system.ask(`DELETE /v1/me/api-keys/${revoked}`, { token: person.token });
    await system.sql('UPDATE identity.api_keys SET expires_at = now() WHERE id = $1', [expired]);
    const statuses = [await createKey(person), await createKey(person), await createKey(person)];
    expect(statuses.map(({ status }) => status)).toEqual([201, 201, 409]);
  });
});
