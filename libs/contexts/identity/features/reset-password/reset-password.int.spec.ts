import {
  Authenticator,
  newcomer,
  NOTICED_MS,
  PASSWORD,
  signUp,
  verificationMail,
} from '@rookery/contexts/identity/testing';
import { eventually, type Person, privateSystem, served } from '@rookery/testing';

const FORGOT = 'POST /v1/auth/password/forgot';
const RESET = 'POST /v1/auth/password/reset';
const LOGIN = 'POST /v1/auth/login';
const NEW = 'an entirely new secret';

describe('resetting a forgotten password', () => {
  const system = privateSystem();

  const signIn = async (email: string, password: string) =>
    (await system.ask(LOGIN, { body: { email, password } })).status;
  const reset = (token: string, password = NEW) => system.ask(RESET, { body: { token, password } });

  /** Waits for the latest link to an address. */
  async function mailed(email: string): Promise<string> {
    const { text } = await system.inbox.latest(email, /Set a new Rookery password/);
    return /\/reset\?token=([\w-]+)/.exec(text)![1]!;
  }

  async function linkFor(email: string): Promise<string> {
    expect((await system.ask(FORGOT, { body: { email } })).status).toBe(202);
    return mailed(email);
  }

  async function forgetful(): Promise<Person & { link: string }> {
    const person = await signUp(system);
    return { ...person, link: await linkFor(person.email) };
  }

  async function allDelivered(): Promise<void> {
    await eventually(async () => {
      const open = await system.sql(
        `SELECT 1 FROM messaging.event_delivery WHERE state = 'pending'
         UNION ALL SELECT 1 FROM messaging.outbox WHERE published_at IS NULL`,
      );
      return open.length === 0;
    });
  }

  const resetMails = async (email: string) =>
    (await system.inbox.of(email)).filter(({ subject }) => /new Rookery password/.test(subject));

  it('sets a new password with the link in the mail, once, and ends every session', async () => {
    const { email, token, link } = await forgetful();
    expect((await reset(link)).status).toBe(204);
    expect([await signIn(email, PASSWORD), await signIn(email, NEW)]).toEqual([401, 200]);
    await eventually(async () => (await system.ask('GET /v1/me', { token })).status === 401, NOTICED_MS);
    expect(await reset(link, 'yet another secret')).toMatchObject({
      status: 410,
      body: { code: 'identity.link-expired' },
    });
    expect(await signIn(email, NEW)).toBe(200);
  });

  it('revokes every API key, because a thief of the password can have created one', async () => {
    const { token, link } = await forgetful();
    const { body } = await system.ask('POST /v1/me/api-keys', {
      token,
      body: { name: 'a program', scopes: ['read'] },
    });
    const works = async () => (await system.ask('GET /v1/me', { token: body.key })).status === 200;
    expect(await works()).toBe(true);
    expect((await reset(link)).status).toBe(204);
    expect(await works()).toBe(false);
  });

  it('does not bypass the second factor', async () => {
    const person = await signUp(system);
    const app = await Authenticator.enroll(system, person);
    expect((await reset(await linkFor(person.email))).status).toBe(204);
    const { body } = await system.ask(LOGIN, { body: { email: person.email, password: NEW } });
    expect(body).toMatchObject({ mfaToken: expect.any(String) });
    expect(body).not.toHaveProperty('accessToken');
    const mfa = (code: string) =>
      system.ask('POST /v1/auth/mfa', { body: { mfaToken: body.mfaToken, code } });
    expect((await mfa(app.wrongCode())).status).toBe(401);
    expect((await mfa(await app.code())).body).toHaveProperty('accessToken');
  });

  it('lets one of ten who use the link at once set the password', async () => {
    const { email, link } = await forgetful();
    const passwords = Array.from({ length: 10 }, (_, index) => `contender number ${index}`);
    const answers = await Promise.all(passwords.map((password) => served(() => reset(link, password))));
    const statuses = answers.map(({ status }) => status);
    expect([...statuses].sort((a, b) => a - b)).toEqual([204, ...Array<number>(9).fill(410)]);
    expect(await signIn(email, passwords[statuses.indexOf(204)]!)).toBe(200);
    const changed = await system.sql(
      `SELECT 1 FROM messaging.outbox o JOIN identity.users u ON u.id = o.subject
       WHERE u.email = $1 AND o.type = 'identity.password-changed'`,
      [email],
    );
    expect(changed).toHaveLength(1);
  });

  it('lets one of two links that are used at once set the password, whatever the order, and voids the other', async () => {
    const { email, link: first } = await forgetful();
    await system.sql(
      `UPDATE identity.users SET password_reset_requested_at = now() - interval '61 s' WHERE email = $1`,
      [email],
    );
    await system.sql(`UPDATE identity.mail_quotas SET last_sent_at = last_sent_at - interval '61 s'`);
    await linkFor(email);
    await eventually(async () => (await resetMails(email)).length === 2);
    const second = await mailed(email);
    expect(second).not.toBe(first);
    const answers = await Promise.all(
      [first, second, first, second].map((link) => served(() => reset(link))),
    );
    expect(answers.map(({ status }) => status).sort((a, b) => a - b)).toEqual([204, 410, 410, 410]);
  });

  it('does nothing with a link after an hour', async () => {
    const { email, link } = await forgetful();
    const [stored] = await system.sql<{ minutes: number }>(
      `SELECT round(extract(epoch FROM max(l.expires_at) - now()) / 60)::int AS minutes
       FROM identity.password_reset_links l JOIN identity.users u ON u.id = l.user_id WHERE u.email = $1`,
      [email],
    );
    expect(stored!.minutes).toBe(60);
    await system.sql('UPDATE identity.password_reset_links SET expires_at = now()');
    expect((await reset(link)).status).toBe(410);
    expect(await signIn(email, PASSWORD)).toBe(200);
  });

  it('returns the same for an unknown token as for a used one', async () => {
    const { link } = await forgetful();
    await reset(link);
    const told = async (token: string) => ({ ...(await reset(token)).body, traceId: '' });
    expect(await told('nonsense')).toEqual(await told(link));
  });

  it.each(['password1234', 'qwertyuiopasdf', 'aaaaaaaaaaaa'])(
    'refuses %s and keeps the link',
    async (weak) => {
      const { link } = await forgetful();
      expect(await reset(link, weak)).toMatchObject({
        status: 422,
        body: { code: 'identity.password-weak' },
      });
      expect(await reset(link, 'short')).toMatchObject({ status: 400, body: { code: 'request.invalid' } });
      expect((await reset(link)).status).toBe(204);
    },
  );

  it('rejects a password made of the owner’s address', async () => {
    const person = await signUp(system, { email: 'bartholomew@example.com' });
    const weak = await reset(await linkFor(person.email), 'bartholomew1');
    expect(weak.body.code).toBe('identity.password-weak');
  });

  it('verifies a pending address, because the link proves access to its mail', async () => {
    const form = newcomer();
    await system.ask('POST /v1/auth/register', { body: form });
    const { code, token } = await verificationMail(system, form.email);
    expect((await reset(await linkFor(form.email))).status).toBe(204);
    expect(await signIn(form.email, NEW)).toBe(200);
    expect((await system.ask(`PUT /v1/users/activate/${token}`)).status).toBe(410);
    expect((await system.ask('POST /v1/auth/verify', { body: { email: form.email, code } })).status).toBe(
      410,
    );
  });

  it('lifts the lock that wrong passwords have set', async () => {
    const { email, link } = await forgetful();
    for (let tries = 0; tries < 10; tries += 1) await signIn(email, 'not the password');
    expect(await signIn(email, PASSWORD)).toBe(423);
    await reset(link);
    expect(await signIn(email, NEW)).toBe(200);
  });

  it('leaves no session of a concurrent sign-in with the old password', async () => {
    for (let race = 0; race < 8; race += 1) {
      const { id, email, link } = await forgetful();
      const logins = Array.from({ length: 4 }, () =>
        system.ask(LOGIN, { body: { email, password: PASSWORD } }),
      );
      const [done] = await Promise.all([served(() => reset(link)), ...logins]);
      expect(done.status).toBe(204);
      const open = await system.sql(
        'SELECT 1 FROM identity.sessions WHERE user_id = $1 AND revoked_at IS NULL',
        [id],
      );
      expect(open).toEqual([]);
    }
  });

  it('returns the same for unknown, pending and active addresses, and sends mails only to accounts', async () => {
    const { email } = await signUp(system);
    const form = newcomer();
    await system.ask('POST /v1/auth/register', { body: form });
    const asked = [email, form.email, 'nobody@example.com'];
    const answers = await Promise.all(asked.map((each) => system.ask(FORGOT, { body: { email: each } })));
    expect(answers.map(({ status, body }) => ({ status, body }))).toEqual(
      asked.map(() => ({ status: 202, body: '' })),
    );
    await allDelivered();
    expect(await Promise.all(asked.map(async (each) => (await resetMails(each)).length))).toEqual([1, 1, 0]);
  });

  it('does the same in the database for known and unknown addresses before it answers', async () => {
    const { email } = await signUp(system);
    const written = async (address: string) => {
      await system.ask(FORGOT, { body: { email: address } });
      return system.sql(
        `SELECT o.type, o.version, d.subscriber FROM messaging.outbox o JOIN messaging.event_delivery d USING (event_id)
         WHERE o.data->>'email' = $1`,
        [address],
      );
    };
    expect(await written(email)).toEqual(await written('nobody.either@example.com'));
    expect(await written(email)).not.toEqual([]);
  });

  it('sends at most one mail a minute, however often it is asked', async () => {
    const { email } = await signUp(system);
    await Promise.all(Array.from({ length: 10 }, () => system.ask(FORGOT, { body: { email } })));
    await allDelivered();
    expect(await resetMails(email)).toHaveLength(1);
  });

  it('works while Redis is down', async () => {
    const { email } = await signUp(system);
    await system.killRedis();
    const { status } = await system.ask(FORGOT, { body: { email } });
    await system.startRedisEmpty();
    expect(status).toBe(202);
    const link = await mailed(email);
    expect((await reset(link)).status).toBe(204);
  });

  it('needs a form to be filled in: opening the link changes nothing', async () => {
    const { link } = await forgetful();
    const page = await system.ask(`GET /reset?token=${link}`);
    expect(page.status).toBe(200);
    expect(page.headers['content-type']).toMatch(/text\/html/);
    expect(page.headers['content-security-policy']).toMatch(/script-src 'sha256-/);
    expect(page.headers['referrer-policy']).toBe('no-referrer');
    expect(page.headers['cache-control']).toBe('no-store');
    expect(page.body).not.toContain(link);
    expect((await reset(link)).status).toBe(204);
  });
});
