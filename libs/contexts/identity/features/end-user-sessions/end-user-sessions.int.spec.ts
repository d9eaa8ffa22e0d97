import {
  Authenticator,
  enroll,
  newcomer,
  NOTICED_MS,
  PASSWORD,
  signUp,
} from '@rookery/contexts/identity/testing';
import { eventually, type Person, race, sharedSystem } from '@rookery/testing';

describe('ending the sessions of another user', () => {
  const system = sharedSystem();
  let admin: Person;

  beforeAll(async () => {
    admin = await enroll(system, { role: 'admin' });
  });

  const end = (by: Person, id: string) =>
    system.ask(`DELETE /v1/admin/users/${id}/sessions`, { token: by.token });
  const logIn = async ({ email }: Person) =>
    (await system.ask('POST /v1/auth/login', { body: { email, password: PASSWORD } })).body;
  const works = async (token: string) => (await system.ask('GET /v1/me', { token })).status === 200;

  it('ends all of them within five seconds, access tokens and refresh tokens, and those of no other user', async () => {
    const [person, bystander] = [await signUp(system), await signUp(system)];
    const phone = await logIn(person);
    expect([await works(person.token), await works(phone.accessToken)]).toEqual([true, true]);
    expect(await end(admin, person.id)).toMatchObject({ status: 204, body: '' });
    await eventually(
      async () => !(await works(person.token)) && !(await works(phone.accessToken)),
      NOTICED_MS,
    );
    const refreshed = await system.ask('POST /v1/auth/refresh', {
      body: { refreshToken: phone.refreshToken },
    });
    expect(refreshed.body.code).toBe('identity.refresh-invalid');
    expect([await works(bystander.token), await works(admin.token)]).toEqual([true, true]);
    expect(await works((await logIn(person)).accessToken)).toBe(true);
  });

  it('invalidates sign-ins that wait for a second factor', async () => {
    const person = await signUp(system);
    const app = await Authenticator.enroll(system, person);
    const { mfaToken } = await logIn(person);
    expect((await end(admin, person.id)).status).toBe(204);
    const late = await system.ask('POST /v1/auth/mfa', {
      body: { mfaToken, recoveryCode: app.recoveryCodes[0] },
    });
    expect(late.status).toBe(401);
  });

  const createKey = ({ token }: Person) =>
    system.ask('POST /v1/me/api-keys', { token, body: { name: 'a program', scopes: ['read'] } });

  it('ends the API keys of the user too, and those of no other user', async () => {
    const [person, bystander] = [await signUp(system), await signUp(system)];
    const [key, other] = [(await createKey(person)).body.key, (await createKey(bystander)).body.key];
    expect([await works(key), await works(other)]).toEqual([true, true]);
    expect((await end(admin, person.id)).status).toBe(204);
    expect([await works(key), await works(other)]).toEqual([false, true]);
  });

  it('leaves no key that a session creates while it ends, although its token is still cached', async () => {
    const person = await signUp(system);
    expect(await works(person.token)).toBe(true);
    const held = async () =>
      (await system.sql('SELECT 1 FROM identity.users WHERE id = $1 FOR UPDATE SKIP LOCKED', [person.id]))
        .length === 0;
    const [ended, created] = await race(system, [
      () => end(admin, person.id),
      async () => {
        await eventually(held);
        return createKey(person);
      },
    ]);
    expect(ended!.status).toBe(204);
    expect(created).toMatchObject({ status: 401, body: { code: 'auth.unauthenticated' } });
    const left = await system.sql('SELECT 1 FROM identity.api_keys WHERE user_id = $1', [person.id]);
    expect(left).toEqual([]);
  });

  it('leaves an event for each session, and an entry in the audit log that names both', async () => {
    const person = await signUp(system);
    await logIn(person);
    await end(admin, person.id);
    const events = await system.sql(
      `SELECT data->>'reason' AS reason, actor_id FROM messaging.outbox
       WHERE type = 'identity.session-revoked' AND data->>'userId' = $1`,
      [person.id],
    );
    expect(events).toEqual([1, 2].map(() => ({ reason: 'ended-by-admin', actor_id: admin.id })));
    const { body } = await system.ask('GET /v1/admin/audit?action=identity.end-user-sessions&limit=1', {
      token: admin.token,
    });
    expect(body.data).toMatchObject([{ actorId: admin.id, subjectId: person.id, outcome: 'done' }]);
  });

  it('needs the permission, and somebody with an account', async () => {
    const person = await signUp(system);
    const moderator = await enroll(system, { role: 'moderator' });
    const stranger = await enroll(system);
    for (const by of [stranger, moderator, person])
      expect(await end(by, person.id)).toMatchObject({ status: 403, body: { code: 'auth.forbidden' } });
    expect(await works(person.token)).toBe(true);
    const form = newcomer();
    await system.ask('POST /v1/auth/register', { body: form });
    const [pending] = await system.sql<{ id: string }>('SELECT id FROM identity.users WHERE email = $1', [
      form.email,
    ]);
    for (const id of ['01890000-0000-7000-8000-000000000000', 'no-uuid', pending!.id])
      expect(await end(admin, id)).toMatchObject({ status: 404, body: { code: 'resource.not-found' } });
  });
});
