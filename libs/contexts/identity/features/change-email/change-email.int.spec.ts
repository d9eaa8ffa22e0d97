import { contexts } from '@rookery/contexts';
import {
  Authenticator,
  newcomer,
  PASSWORD,
  signUp,
  verificationMail,
} from '@rookery/contexts/identity/testing';
import { type Answer, eventually, type Person, race } from '@rookery/testing';
import { ownSystem } from '@rookery/testing/own-system';
import { askedDuring } from '@rookery/testing/statements';

const EXPIRED = [410, 'identity.code-expired'];
const CODE = /is your Rookery code/;
const REQUESTED = /Somebody wants to change/;
const CHANGED = /address of your Rookery account was changed/;

const codeOf = ({ status, body }: Answer) => [status, body.code];

describe('changing an e-mail address', () => {
  const system = ownSystem(contexts);

  const fresh = () => newcomer().email;
  const change = ({ token }: Pick<Person, 'token'>, email: string) =>
    system.ask('PUT /v1/me/email', { token, body: { email } });
  const verify = ({ token }: Pick<Person, 'token'>, code: string) =>
    system.ask('POST /v1/me/email/verify', { token, body: { code } });
  const logIn = (email: string, password = PASSWORD) =>
    system.ask('POST /v1/auth/login', { body: { email, password } });
  const me = ({ token }: Pick<Person, 'token'>) => system.ask('GET /v1/me', { token });
  const undo = (token: string) => system.ask('POST /v1/auth/email/undo', { body: { token } });
  const sentCode = async (address: string) =>
    /code is (\d{6})/.exec((await system.inbox.latest(address, CODE)).text)![1]!;
  const sentLink = async (address: string, subject: RegExp) =>
    /token=([\w-]+)/.exec((await system.inbox.latest(address, subject)).text)![1]!;
  const wrongFor = (code: string) => (code === '111111' ? '222222' : '111111');

  /** Moves an account to a new address. @returns the address, and the token of the link that undoes the change */
  async function moved(person: Person): Promise<{ email: string; link: string }> {
    const email = fresh();
    const { email: old } = (await me(person)).body;
    await change(person, email);
    expect((await verify(person, await sentCode(email))).status).toBe(200);
    return { email, link: await sentLink(old, CHANGED) };
  }

  /** Sets a password with the link in the latest mail to an address. */
  async function setPassword(address: string, password: string): Promise<void> {
    const token = await sentLink(address, /Set a new Rookery password/);
    const body = { token, password };
    expect((await system.ask('POST /v1/auth/password/reset', { body })).status).toBe(204);
  }

  it('requires the code from the new address, and notifies the old address', async () => {
    const person = await signUp(system);
    const email = fresh();
    const before = await me(person);
    expect(await change(person, `  ${email.toUpperCase()} `)).toMatchObject({ status: 202, body: '' });
    await system.inbox.latest(person.email, REQUESTED);
    expect((await me(person)).body.email).toBe(person.email);
    expect((await logIn(email)).status).toBe(401);

    const after = await verify(person, await sentCode(email));
    expect(after).toMatchObject({ status: 200, body: { ...before.body, email } });
    expect(after.headers.etag).not.toBe(before.headers.etag);
    expect((await me(person)).headers.etag).toBe(after.headers.etag);
    expect((await logIn(email)).status).toBe(200);
    expect(codeOf(await logIn(person.email))).toEqual([401, 'identity.bad-credentials']);
    const notice = await system.inbox.latest(person.email, CHANGED);
    expect(notice.text).toContain('http://rookery.test/undo-email-change?token=');
    expect(notice.text + notice.html).not.toContain(email);
    const events = await system.sql(
      `SELECT type FROM messaging.outbox WHERE subject = $1 AND type LIKE 'identity.email-%' ORDER BY sequence`,
      [person.id],
    );
    expect(events).toEqual([{ type: 'identity.email-change-requested' }, { type: 'identity.email-changed' }]);
  });

  it('requires a fresh sign-in, which an API key never has', async () => {
    const { id, token } = await signUp(system);
    const key = await system.ask('POST /v1/me/api-keys', {
      token,
      body: { name: 'all of it', scopes: ['read', 'write'] },
    });
    expect(codeOf(await change({ token: key.body.key }, fresh()))).toEqual([403, 'auth.mfa-required']);
    const sessions = await system.sql<{ id: string }>(
      `UPDATE identity.sessions SET authenticated_at = now() - interval '1 hour' WHERE user_id = $1 RETURNING id`,
      [id],
    );
    for (const session of sessions) await system.fixture('identity.forgetSession', { sessionId: session.id });
    expect(codeOf(await change({ token }, fresh()))).toEqual([403, 'auth.mfa-required']);
    for (const email of ['nonsense', '', null, 7])
      expect((await change(await signUp(system), email as string)).status).toBe(400);
  });

  it('accepts five wrong codes, then not even the right one, and a right one once', async () => {
    const [careless, person] = [await signUp(system), await signUp(system)];
    const email = fresh();
    await change(careless, email);
    const code = await sentCode(email);
    for (let tries = 0; tries < 5; tries += 1)
      expect(codeOf(await verify(careless, wrongFor(code)))).toEqual([422, 'identity.code-invalid']);
    expect(codeOf(await verify(careless, code))).toEqual(EXPIRED);

    const other = fresh();
    await change(person, other);
    const right = await sentCode(other);
    const answers = await Promise.all(Array.from({ length: 6 }, () => verify(person, right)));
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(1);
    expect(answers.filter(({ status }) => status === 410)).toHaveLength(5);
  });

  it('accepts no code of another account, or of a request that was replaced', async () => {
    const [person, other] = [await signUp(system), await signUp(system)];
    const [first, second] = [fresh(), fresh()];
    await change(person, first);
    const code = await sentCode(first);
    await change(other, fresh());
    expect([422, 200]).toContain((await verify(other, code)).status); // 200 only if both codes happen to be the same
    await change(person, second);
    expect((await verify(person, code)).status).toBe(422);
    expect((await me(person)).body.email).toBe(person.email);
  });

  it('sends at most one code a minute to an address, which stays valid', async () => {
    const person = await signUp(system);
    const email = fresh();
    await change(person, email);
    const code = await sentCode(email);
    for (let tries = 0; tries < 3; tries += 1) expect((await change(person, email)).status).toBe(202);
    expect((await verify(person, code)).status).toBe(200);
    await system.inbox.latest(person.email, CHANGED); // by now another code would have been sent, too
    expect(await system.inbox.of(email)).toHaveLength(1);
  });

  it('sends another code after a minute, and the first is invalid', async () => {
    const person = await signUp(system);
    const email = fresh();
    await change(person, email);
    const first = await sentCode(email);
    await system.sql(`UPDATE identity.mail_quotas SET last_sent_at = last_sent_at - interval '61 s'`);
    await change(person, email);
    await eventually(async () => (await system.inbox.of(email)).length === 2);
    const second = await sentCode(email);
    const earlier = first === second ? 422 : (await verify(person, first)).status; // one in a million is the same
    expect(earlier).toBe(422);
    expect((await verify(person, second)).status).toBe(200);
  });

  it('is canceled by the current address', async () => {
    const person = await signUp(system);
    const email = fresh();
    await change(person, email);
    const code = await sentCode(email);
    expect((await change(person, person.email)).status).toBe(202);
    expect(codeOf(await verify(person, code))).toEqual(EXPIRED);
  });

  it('is canceled without invalidating the undo link of the old address', async () => {
    const person = await signUp(system);
    await change(person, fresh());
    const link = await sentLink(person.email, REQUESTED);
    await change(person, person.email);
    expect((await undo(link)).status).toBe(204);
    // A session is believed for four seconds.
    await eventually(async () => (await me(person)).status === 401);
  });

  describe('to an address that is taken', () => {
    async function guessSix(person: Person): Promise<number[]> {
      const statuses: number[] = [];
      for (let tries = 0; tries < 6; tries += 1) statuses.push((await verify(person, '000000')).status);
      return statuses;
    }

    it('looks like one to a free address, and tells the owner', async () => {
      const [pending, owner, mover] = [newcomer(), await signUp(system), await signUp(system)];
      await system.ask('POST /v1/auth/register', { body: pending });
      await moved(mover);
      const told: object[] = [];
      const guessed: number[][] = [];
      for (const email of [fresh(), owner.email, pending.email, mover.email]) {
        const person = await signUp(system);
        let answer: Answer | undefined;
        const asked = await askedDuring(system, async () => {
          answer = await change(person, email);
        });
        // Authentication, which comes first, reads the permissions of roles every few seconds.
        const begin = asked.postgres.findIndex((trip) => trip.includes('START'));
        const statements = asked.postgres.slice(begin);
        told.push({ statements, redis: asked.redis, status: answer!.status, body: answer!.body });
        if (email === owner.email || email === mover.email) guessed.push(await guessSix(person));
      }
      expect(guessed).toEqual([
        [422, 422, 422, 422, 422, 410],
        [422, 422, 422, 422, 422, 410],
      ]);
      expect(told).toEqual(Array.from({ length: 4 }, () => told[0]));
      await system.inbox.latest(owner.email, /already has a Rookery account/);
      expect((await system.inbox.of(owner.email)).filter(({ subject }) => CODE.test(subject))).toHaveLength(
        1,
      );
    });

    it('is won by one of two who verify it at once; the other is told that the code has expired', async () => {
      const people = [await signUp(system), await signUp(system)] as const;
      const email = fresh();
      const codes: string[] = [];
      for (const person of people) {
        await change(person, email);
        await eventually(async () => (await system.inbox.of(email)).length === codes.length + 1);
        codes.push(await sentCode(email));
        await system.sql(`UPDATE identity.mail_quotas SET last_sent_at = last_sent_at - interval '61 s'`);
      }
      const answers = await race(
        system,
        people.map((person, index) => () => verify(person, codes[index]!)),
      );
      expect(answers.map(({ status }) => status)).toEqual([200, 410]);
      expect(codeOf(answers[1]!)).toEqual(EXPIRED);
      expect((await me(people[1])).body.email).toBe(people[1].email);
    });

    it('takes it from a registration that nobody has verified', async () => {
      const [person, form] = [await signUp(system), newcomer()];
      await system.ask('POST /v1/auth/register', { body: form });
      const registered = await verificationMail(system, form.email);
      await change(person, form.email);
      await eventually(async () => (await system.inbox.of(form.email)).length === 2);
      expect((await verify(person, await sentCode(form.email))).status).toBe(200);
      const late = { body: { email: form.email, code: registered.code } };
      expect(codeOf(await system.ask('POST /v1/auth/verify', late))).toEqual(EXPIRED);
      expect((await system.ask(`PUT /v1/users/activate/${registered.token}`)).status).toBe(404);
      const [free] = await system.sql('SELECT 1 FROM identity.users WHERE username = $1', [form.username]);
      expect(free).toBeUndefined();
    });
  });

  it('invalidates password reset links that were sent to the old address', async () => {
    const person = await signUp(system);
    await system.ask('POST /v1/auth/password/forgot', { body: { email: person.email } });
    const token = await sentLink(person.email, /Set a new Rookery password/);
    await moved(person);
    const reset = { body: { token, password: 'a stolen link is worthless' } };
    expect(codeOf(await system.ask('POST /v1/auth/password/reset', reset))).toEqual([
      410,
      'identity.link-expired',
    ]);
  });

  describe('keeps the old address for three days, in which', () => {
    it('others cannot register it, and cannot find out why', async () => {
      const person = await signUp(system);
      await moved(person);
      const [again, unknown] = [newcomer({ email: person.email }), newcomer()];
      const [answer, other] = [
        await system.ask('POST /v1/auth/register', { body: again }),
        await system.ask('POST /v1/auth/register', { body: unknown }),
      ];
      expect([answer.status, Object.keys(answer.body)]).toEqual([other.status, Object.keys(other.body)]);
      await system.inbox.latest(person.email, /recently had/);
      expect(codeOf(await logIn(person.email))).toEqual([403, 'identity.email-unverified']);
      expect(codeOf(await logIn(person.email, 'wrong password here'))).toEqual([
        401,
        'identity.bad-credentials',
      ]);
      const taken = await system.ask('POST /v1/auth/register', {
        body: newcomer({ username: again.username }),
      });
      expect(codeOf(taken)).toEqual([409, 'identity.username-taken']);
      expect(
        codeOf(await system.ask('POST /v1/auth/verify', { body: { email: person.email, code: '000000' } })),
      ).toEqual([422, 'identity.code-invalid']);
      await system.sql(
        `UPDATE identity.email_changes SET expires_at = now() - interval '1 s' WHERE old_email = $1`,
        [person.email],
      );
      await system.sql(`UPDATE identity.mail_quotas SET sent_at = '{}'`);
      await system.ask('POST /v1/auth/register', { body: again });
      expect((await verificationMail(system, person.email)).code).toMatch(/^\d{6}$/);
    });

    it('its account can change back to it', async () => {
      const person = await signUp(system);
      await moved(person);
      await system.sql(`UPDATE identity.mail_quotas SET sent_at = '{}'`);
      await change(person, person.email);
      await eventually(
        async () =>
          (await system.inbox.of(person.email)).filter(({ subject }) => CODE.test(subject)).length === 2,
      );
      expect((await verify(person, await sentCode(person.email))).body.email).toBe(person.email);
    });
  });

  describe('is undone from the old address', () => {
    it('with a page whose button does it, once', async () => {
      const person = await signUp(system);
      const { email, link } = await moved(person);
      const page = await system.ask(`GET /undo-email-change?token=${link}`);
      expect([page.status, page.headers['referrer-policy']]).toEqual([200, 'no-referrer']);
      expect(page.body).not.toContain(link);
      expect((await me(person)).body.email).toBe(email);
      const answers = await Promise.all(Array.from({ length: 4 }, () => undo(link)));
      expect(answers.map(({ status }) => status).toSorted((a, b) => a - b)).toEqual([204, 410, 410, 410]);
      expect(codeOf(await undo('nonsense'))).toEqual([404, 'resource.not-found']);
    });

    it('after it took effect: no session, key or password of an attacker remains valid', async () => {
      const person = await signUp(system);
      const key = await system.ask('POST /v1/me/api-keys', {
        token: person.token,
        body: { name: 'mine', scopes: ['read'] },
      });
      const { email, link } = await moved(person);
      await system.ask('POST /v1/auth/password/forgot', { body: { email } });
      const reset = await sentLink(email, /Set a new Rookery password/);
      expect((await undo(link)).status).toBe(204);

      for (const token of [person.token, key.body.key])
        await eventually(async () => (await me({ token })).status === 401);
      for (const address of [email, person.email]) expect((await logIn(address)).status).toBe(401);
      const stolen = { body: { token: reset, password: 'a stolen link is worthless' } };
      expect((await system.ask('POST /v1/auth/password/reset', stolen)).status).toBe(410);
      await setPassword(person.email, 'chosen by the owner');
      const back = await logIn(person.email, 'chosen by the owner');
      expect(back).toMatchObject({ status: 200, body: { user: { id: person.id, email: person.email } } });
      expect((await logIn(email, 'chosen by the owner')).status).toBe(401);
    });

    it('before it took effect: the code becomes invalid', async () => {
      const person = await signUp(system);
      const email = fresh();
      await change(person, email);
      const code = await sentCode(email);
      expect((await undo(await sentLink(person.email, REQUESTED))).status).toBe(204);
      await setPassword(person.email, 'chosen by the owner');
      const { body } = await logIn(person.email, 'chosen by the owner');
      expect(codeOf(await verify({ token: body.accessToken }, code))).toEqual(EXPIRED);
    });

    it.each(['first', 'second'])(
      'though it was changed twice, and the %s link was used first',
      async (which) => {
        const person = await signUp(system);
        const first = await moved(person);
        await system.sql(`UPDATE identity.mail_quotas SET sent_at = '{}'`);
        const second = await moved(person);
        const emailOf = () => system.sql('SELECT email FROM identity.users WHERE id = $1', [person.id]);
        if (which === 'second') await undo(second.link);
        expect(await emailOf()).toEqual([{ email: which === 'second' ? first.email : second.email }]);
        expect((await undo(first.link)).status).toBe(204);
        expect(await emailOf()).toEqual([{ email: person.email }]);
        // Whoever reads the address in between cannot take the account back.
        expect((await undo(second.link)).status).toBe(410);
      },
    );

    it('while a later change waits for its code, which becomes invalid', async () => {
      const person = await signUp(system);
      const { link } = await moved(person);
      await system.sql(`UPDATE identity.mail_quotas SET sent_at = '{}'`);
      const email = fresh();
      await change(person, email);
      const code = await sentCode(email);
      expect((await undo(link)).status).toBe(204);
      await setPassword(person.email, 'chosen by the owner');
      const { body } = await logIn(person.email, 'chosen by the owner');
      expect(codeOf(await verify({ token: body.accessToken }, code))).toEqual(EXPIRED);
      expect((await me({ token: body.accessToken })).body.email).toBe(person.email);
    });

    it('and keeps a second factor from long before, but removes a recent one', async () => {
      for (const days of [4, 2, -1]) {
        const before = days > 3;
        const person = await signUp(system);
        if (days > 0) await Authenticator.enroll(system, person);
        await system.sql(
          `UPDATE identity.users SET mfa_enabled_at = mfa_enabled_at - make_interval(days => $2) WHERE id = $1`,
          [person.id, days],
        );
        const { link } = await moved(person);
        if (days < 0) await Authenticator.enroll(system, person);
        expect((await undo(link)).status).toBe(204);
        await setPassword(person.email, 'chosen by the owner');
        const { body } = await logIn(person.email, 'chosen by the owner');
        expect(body.mfaRequired).toBe(before ? true : undefined);
      }
    });

    it('no later than three days after', async () => {
      const person = await signUp(system);
      const { link } = await moved(person);
      const [row] = await system.sql<{ days: number }>(
        `SELECT extract(epoch FROM expires_at - verified_at)::float8 / 86400 AS days
         FROM identity.email_changes WHERE user_id = $1`,
        [person.id],
      );
      expect(row!.days).toBe(3);
      await system.sql(`UPDATE identity.email_changes SET expires_at = now() WHERE user_id = $1`, [
        person.id,
      ]);
      expect(codeOf(await undo(link))).toEqual([410, 'identity.link-expired']);
      await system.runSchedule('identity.forget-failed-attempts');
      await eventually(async () => (await undo(link)).status === 404);
    });

    it('not once the account is deleted', async () => {
      const person = await signUp(system);
      const { link } = await moved(person);
      await system.ask('DELETE /v1/me', { token: person.token });
      expect((await undo(link)).status).toBe(410);
    });
  });

  it('is part of what a user can export', async () => {
    const person = await signUp(system);
    const { email } = await moved(person);
    const { body } = await system.ask('POST /v1/me/exports', { token: person.token });
    const operation = () => system.ask(`GET /v1/operations/${body.id}`, { token: person.token });
    await eventually(async () => (await operation()).body.status === 'succeeded');
    const result = await system.ask(`GET /v1/operations/${body.id}/result`, { token: person.token });
    expect(result.body.data.identity.emailChanges).toMatchObject([
      { oldEmail: person.email, newEmail: email, verifiedAt: expect.any(String), voidedAt: null },
    ]);
  });
});
