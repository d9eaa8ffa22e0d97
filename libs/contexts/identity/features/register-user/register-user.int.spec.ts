import { contexts } from '@rookery/contexts';
import { registry } from '@rookery/observability';
import { newcomer, PASSWORD, signUp, verificationMail } from '@rookery/contexts/identity/testing';
import { eventually, served } from '@rookery/testing';
import { askedDuring } from '@rookery/testing/statements';
import { ownSystem } from '@rookery/testing/own-system';

const REGISTER = 'POST /v1/auth/register';

describe('registering', () => {
  const system = ownSystem(contexts);

  it('sends a mail whose code signs in', async () => {
    const form = { email: 'Ada@Example.com', username: 'ada', password: PASSWORD, name: 'Ada' };
    const accepted = await system.ask(REGISTER, { body: form });
    expect(accepted).toMatchObject({ status: 202, body: { email: 'ada@example.com' } });

    const { code } = await verificationMail(system, 'ada@example.com');
    const verified = await system.ask('POST /v1/auth/verify', { body: { email: 'ada@example.com', code } });
    expect(verified).toMatchObject({ status: 200, body: { tokenType: 'Bearer', user: { username: 'ada' } } });

    const me = await system.ask('GET /v1/me', { token: verified.body.accessToken });
    expect(me).toMatchObject({ status: 200, body: { email: 'ada@example.com', role: 'user' } });
  });

  it('leaves neither password, code nor token in the database', async () => {
    const form = newcomer({ password: 'a very particular secret' });
    await system.ask(REGISTER, { body: form });
    const { code, token } = await verificationMail(system, form.email);
    const [dump] = await system.sql<{ everything: string }>(
      `SELECT (SELECT jsonb_agg(o) FROM messaging.outbox o)::text || (SELECT jsonb_agg(d) FROM messaging.event_delivery d)::text
              || (SELECT jsonb_agg(u) FROM identity.users u)::text
              || (SELECT jsonb_agg(l) FROM identity.activation_links l)::text AS everything`,
    );
    expect(dump!.everything).not.toContain('particular secret');
    expect(dump!.everything).not.toContain(token);
    expect(dump!.everything).not.toMatch(new RegExp(`"${code}"`));
  });

  it('returns the same for an address with an account as for a new one, and notifies its owner', async () => {
    const owner = await signUp(system);
    const fresh = await system.ask(REGISTER, { body: newcomer() });
    const known = await system.ask(REGISTER, { body: newcomer({ email: owner.email }) });

    expect(known.status).toBe(fresh.status);
    expect(Object.keys(known.body as object)).toEqual(Object.keys(fresh.body as object));
    const volatile = /^(x-request-id|date|content-length)$/;
    const names = (headers: object) => Object.keys(headers).filter((name) => !volatile.test(name));
    expect(names(known.headers)).toEqual(names(fresh.headers));
    const mail = await system.inbox.latest(owner.email, /already have/);
    expect(mail.text).toContain('Nothing was changed');
  });

  it('does not reveal by the username whether an address has an account', async () => {
    const owner = await signUp(system);
    const fresh = newcomer();
    // A stranger registers both, then tries to take the usernames again with an address of their own.
    const withKnown = newcomer({ email: owner.email });
    await system.ask(REGISTER, { body: fresh });
    await system.ask(REGISTER, { body: withKnown });
    const afterFresh = await system.ask(REGISTER, { body: newcomer({ username: fresh.username }) });
    const afterKnown = await system.ask(REGISTER, { body: newcomer({ username: withKnown.username }) });
    expect([afterFresh.status, afterKnown.status]).toEqual([409, 409]);
  });

  it('does not reveal by wrong codes whether an address has an account', async () => {
    const owner = await signUp(system);
    const form = newcomer({ email: owner.email });
    await system.ask(REGISTER, { body: form });
    await system.inbox.latest(owner.email, /already have/);
    const statuses: number[] = [];
    for (let tries = 0; tries < 6; tries += 1) {
      const body = { email: owner.email, code: '000000' };
      statuses.push((await system.ask('POST /v1/auth/verify', { body })).status);
    }
    expect(statuses).toEqual([422, 422, 422, 422, 422, 410]);
  });

  it('refuses a username that somebody else has, whatever its case', async () => {
    const { username } = newcomer();
    await system.ask(REGISTER, { body: newcomer({ username }) });
    const second = await system.ask(REGISTER, { body: newcomer({ username: username.toUpperCase() }) });
    expect(second).toMatchObject({ status: 409, body: { code: 'identity.username-taken' } });
  });

  /** @returns the number of passwords that are hashed while a function runs. */
  async function hashes(work: () => Promise<unknown>): Promise<number> {
    const counted = async () => {
      const { values } = await registry.getSingleMetric('rookery_password_operations_total')!.get();
      return values.find(({ labels }) => labels.operation === 'hash')?.value ?? 0;
    };
    const before = await counted();
    await work();
    return (await counted()) - before;
  }

  it('hashes no password of a rejected registration: too weak, or a taken username', async () => {
    const { username } = newcomer();
    const ask = (own: object) => system.ask(REGISTER, { body: newcomer(own) });
    expect(await hashes(() => ask({ username }))).toBe(1);
    expect(await hashes(() => ask({ username }))).toBe(0);
    expect(await hashes(() => ask({ password: 'password1234' }))).toBe(0);
  });

  it('names the field and the rule of a username that is taken', async () => {
    const { username } = newcomer();
    await system.ask(REGISTER, { body: newcomer({ username }) });
    const { status, body } = await system.ask(REGISTER, { body: newcomer({ username }) });
    expect(status).toBe(409);
    expect(body.errors).toEqual([
      { path: 'username', code: 'taken', params: {}, message: expect.any(String) },
    ]);
  });

  it('hashes no password of a registration that is refused because of too many at once', async () => {
    const statuses: number[] = [];
    const hashed = await hashes(async () => {
      const ask = () => system.ask(REGISTER, { body: newcomer() });
      // More than may wait to be hashed, not so many that those who were hashed wait too long for a connection.
      const answers = await Promise.all(Array.from({ length: 50 }, ask));
      statuses.push(...answers.map(({ status }) => status));
    });
    expect(new Set([...statuses, 202, 503])).toEqual(new Set([202, 503]));
    expect(hashed).toBe(statuses.filter((status) => status === 202).length);
  });

  it('gives a username to only one of many concurrent requests', async () => {
    const answers = await Promise.all(
      Array.from({ length: 12 }, () => {
        const body = newcomer({ username: 'wanted' });
        return served(() => system.ask(REGISTER, { body }));
      }),
    );
    expect(answers.map(({ status }) => status).toSorted((a, b) => a - b)).toEqual([
      202,
      ...Array<number>(11).fill(409),
    ]);
  });

  it('makes one account and sends one mail a minute when an address registers many times at once', async () => {
    const email = 'twelve@example.com';
    const answers = await Promise.all(
      Array.from({ length: 12 }, () => {
        const body = newcomer({ email });
        return served(() => system.ask(REGISTER, { body }));
      }),
    );
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([202]));
    await verificationMail(system, email);
    await eventually(async () => (await waiting(email, 0)).length === 0);
    expect(await system.inbox.of(email)).toHaveLength(1);
    const users = await system.sql('SELECT 1 FROM identity.users WHERE email = $1', [email]);
    expect(users).toHaveLength(1);
  });

  /** @returns the deliveries about an address that are neither done nor delayed by the given seconds. */
  const waiting = (email: string, seconds: number) =>
    system.sql(
      `SELECT 1 FROM messaging.event_delivery e JOIN identity.users u ON u.id = e.subject
       WHERE u.email = $1 AND e.state = 'pending' AND e.due_at <= now() + make_interval(secs => $2)
       UNION ALL SELECT 1 FROM messaging.outbox WHERE published_at IS NULL`,
      [email, seconds],
    );

  /** Moves the last mails into the past. */
  const later = async (seconds: number) => {
    const earlier = (column: string) => `${column} = ${column} - make_interval(secs => $1)`;
    for (const statement of [
      `UPDATE identity.users SET ${earlier('verification_requested_at')}`,
      `UPDATE identity.decoys SET ${earlier('mailed_at')}`,
      `UPDATE identity.mail_quotas SET ${earlier('last_sent_at')},
         sent_at = array(SELECT at - make_interval(secs => $1) FROM unnest(sent_at) AS at)`,
    ])
      await system.sql(statement, [seconds]);
  };
  const verify = (email: string, code: string) =>
    system.ask('POST /v1/auth/verify', { body: { email, code } });
  const logIn = async (email: string, password: string) =>
    (await system.ask('POST /v1/auth/login', { body: { email, password } })).status;
  const reset = async (token: string, password: string) =>
    (await system.ask('POST /v1/auth/password/reset', { body: { token, password } })).status;

  describe('a pending address again', () => {
    /** Registers an address twice in a row, by two people, the second time some seconds after the first mail. */
    async function registeredTwice(secondsLater = 58) {
      const first = newcomer({ password: 'chosen by the first' });
      const { email } = first;
      await system.ask(REGISTER, { body: first });
      const voided = await verificationMail(system, email);
      await later(secondsLater);
      const last = newcomer({ email, password: 'chosen by the last' });
      expect((await system.ask(REGISTER, { body: last })).status).toBe(202);
      return { email, first, last, voided };
    }

    async function bothMails(email: string) {
      await eventually(async () => (await system.inbox.of(email)).length === 2);
      return verificationMail(system, email);
    }

    it('starts over at once: earlier mails confirm nothing, and a new mail follows', async () => {
      const { email, last, voided } = await registeredTwice();
      expect([410, 422]).toContain((await verify(email, voided.code)).status);
      expect((await system.ask(`PUT /v1/users/activate/${voided.token}`)).status).toBe(404);
      const { code } = await bothMails(email);
      expect((await verify(email, code)).body.user.username).toBe(last.username);
    });

    it('keeps none of two passwords, whoever registered last, and requires a new one after the code', async () => {
      const { email, first, last } = await registeredTwice();
      const { code } = await bothMails(email);
      expect((await system.inbox.latest(email, /code/)).text).toContain('you choose one afterwards');
      const { status, body } = await verify(email, code);
      expect([status, body.tokenType]).toEqual([200, 'Bearer']);
      expect([await logIn(email, first.password), await logIn(email, last.password)]).toEqual([401, 401]);
      expect(await reset(body.passwordResetToken, 'chosen by the owner')).toBe(204);
      expect(await logIn(email, 'chosen by the owner')).toBe(200);
      expect([await logIn(email, first.password), await logIn(email, last.password)]).toEqual([401, 401]);
      expect(await reset(body.passwordResetToken, 'chosen by a stranger')).toBe(410);
    });

    it('also keeps none of two passwords with the link, and mails a link to set one', async () => {
      const { email, first, last } = await registeredTwice();
      const { token } = await bothMails(email);
      expect((await system.ask(`PUT /v1/users/activate/${token}`)).status).toBe(204);
      expect([await logIn(email, first.password), await logIn(email, last.password)]).toEqual([401, 401]);
      const { text } = await system.inbox.latest(email, /Set a new Rookery password/);
      expect(await reset(/token=([\w-]+)/.exec(text)![1]!, 'chosen by the owner')).toBe(204);
      expect(await logIn(email, 'chosen by the owner')).toBe(200);
    });

    it('does not accept the password of a stranger who registers while the owner enters the code', async () => {
      for (let race = 0; race < 6; race += 1) {
        const owner = newcomer();
        const { email } = owner;
        await system.ask(REGISTER, { body: owner });
        const { code, token } = await verificationMail(system, email);
        const stranger = () =>
          system.ask(REGISTER, { body: newcomer({ email, password: 'chosen by a stranger' }) });
        const confirm = () =>
          race % 2 === 0 ? verify(email, code) : system.ask(`PUT /v1/users/activate/${token}`);
        const [before, confirmed, after] = await Promise.all([stranger(), confirm(), stranger()]);
        expect([before.status, after.status]).toEqual([202, 202]);
        expect([200, 204, 404, 410, 422]).toContain(confirmed.status);
        expect([401, 403]).toContain(await logIn(email, 'chosen by a stranger'));
        const [user] = await system.sql<{ status: string; contested: boolean }>(
          'SELECT status, contested FROM identity.users WHERE email = $1',
          [email],
        );
        const verifiedAsRegistered = user!.status === 'active' && !user!.contested;
        expect((await logIn(email, owner.password)) === 200).toBe(verifiedAsRegistered);
      }
    });

    it('delays mails within a minute of the previous one', async () => {
      const first = newcomer();
      const { email } = first;
      await system.ask(REGISTER, { body: first });
      await verificationMail(system, email);
      for (let again = 0; again < 3; again += 1) {
        await system.ask(REGISTER, { body: newcomer({ email }) });
      }
      await eventually(async () => (await waiting(email, 30)).length === 0);
      expect(await system.inbox.of(email)).toHaveLength(1);
    });

    it('sends only the newest of the waiting mails', async () => {
      // Ten seconds until the next mail may leave: by then all have registered.
      const { email } = await registeredTwice(50);
      const last = newcomer({ email });
      for (const body of [newcomer({ email }), last]) await system.ask(REGISTER, { body });
      await eventually(async () => (await waiting(email, 61)).length === 0);
      const mails = await system.inbox.of(email);
      expect(mails).toHaveLength(2);
      expect(mails[0]!.text).toContain(last.username);
    });

    it('keeps a password that was sent twice', async () => {
      const first = newcomer();
      const { email, password } = first;
      await system.ask(REGISTER, { body: first });
      await verificationMail(system, email);
      await later(61);
      const last = newcomer({ email, name: 'Somebody Else' });
      await system.ask(REGISTER, { body: last });
      const { code } = await bothMails(email);
      const { body } = await verify(email, code);
      expect([body.user.username, body.passwordResetToken]).toEqual([last.username, undefined]);
      expect(await logIn(email, password)).toBe(200);
    });

    it('changes nothing when exactly the same comes within a minute', async () => {
      const form = newcomer();
      await system.ask(REGISTER, { body: form });
      const { code } = await verificationMail(system, form.email);
      expect((await system.ask(REGISTER, { body: form })).status).toBe(202);
      const { status, body } = await verify(form.email, code);
      expect([status, body.passwordResetToken]).toEqual([200, undefined]);
      expect(await logIn(form.email, form.password)).toBe(200);
    });

    it('releases the username of the first request, whether or not the address has an account', async () => {
      const active = await signUp(system);
      const statuses: number[] = [];
      for (const email of [newcomer().email, active.email]) {
        const [first, last] = [newcomer({ email }), newcomer({ email })];
        await system.ask(REGISTER, { body: first });
        await system.ask(REGISTER, { body: last });
        for (const { username } of [first, last]) {
          statuses.push((await system.ask(REGISTER, { body: newcomer({ username }) })).status);
        }
      }
      expect(statuses).toEqual([202, 409, 202, 409]);
    });
  });

  describe('does not reveal whether an address is known', () => {
    it('by a sign-in with the password that was just registered', async () => {
      const { email: known } = await signUp(system);
      const told = [];
      for (const email of [known, newcomer().email]) {
        await system.ask(REGISTER, { body: newcomer({ email, password: 'chosen by a stranger' }) });
        for (const password of ['chosen by a stranger', 'not the password']) {
          const { status, body } = await system.ask('POST /v1/auth/login', { body: { email, password } });
          told.push({ status, ...body, traceId: '' });
        }
      }
      expect(told.slice(0, 2)).toEqual(told.slice(2));
      expect(told.map(({ code }) => code).slice(0, 2)).toEqual([
        'identity.email-unverified',
        'identity.bad-credentials',
      ]);
      expect(await logIn(known, PASSWORD)).toBe(200);
    });

    it('by a username that an account has, be it the account of the address', async () => {
      const owner = newcomer();
      await signUp(system, owner);
      const told = [];
      for (const email of [owner.email, newcomer().email]) {
        const { status, body } = await system.ask(REGISTER, {
          body: { ...newcomer({ email }), username: owner.username },
        });
        told.push({ status, ...body, traceId: '' });
      }
      expect(told[0]).toEqual(told[1]);
      expect(told[0]).toMatchObject({ status: 409, code: 'identity.username-taken' });
    });

    it('by a username that a registration of the address holds', async () => {
      const { email: known } = await signUp(system);
      const statuses = [];
      for (const email of [known, newcomer().email]) {
        const first = newcomer({ email });
        await system.ask(REGISTER, { body: first });
        const again = { ...first, password: 'another password' };
        statuses.push((await system.ask(REGISTER, { body: again })).status);
      }
      expect(statuses).toEqual([202, 202]);
    });

    it('by its effects, for the first, a different and an identical registration', async () => {
      const { email: known } = await signUp(system);
      const work = [];
      for (const email of [known, newcomer().email]) {
        const [first, last] = [newcomer({ email }), newcomer({ email, password: 'chosen by a stranger' })];
        for (const body of [first, last, last]) {
          work.push(await askedDuring(system, () => system.ask(REGISTER, { body })));
        }
        for (const password of [last.password, 'not the password']) {
          work.push(await askedDuring(system, () => logIn(email, password)));
        }
      }
      expect(work.slice(0, 5)).toEqual(work.slice(5));
    });
  });

  it.each(['password1234', 'qwertyuiopasdf', 'aaaaaaaaaaaa', 'abcabcabcabc', '123456789012'])(
    'refuses the password %s',
    async (password) => {
      const weak = await system.ask(REGISTER, { body: newcomer({ password }) });
      expect(weak).toMatchObject({ status: 422, body: { code: 'identity.password-weak' } });
      const rule = { path: 'password', code: expect.stringMatching(/^password-/) };
      expect(weak.body.errors).toContainEqual(expect.objectContaining(rule));
    },
  );

  it.each([
    'Ada\nYour account is locked',
    'Ada \u202ednuopmoc',
    'Go to evil.example',
    'https://evil.example',
  ])('takes no name that would write letters in our name: %j', async (name) => {
    const refused = await system.ask(REGISTER, { body: newcomer({ name }) });
    expect(refused).toMatchObject({ status: 400, body: { errors: [{ path: 'name' }] } });
    const username = await system.ask(REGISTER, { body: newcomer({ username: 'evil.com' }) });
    expect(username).toMatchObject({ status: 400, body: { errors: [{ path: 'username' }] } });
  });

  it('names every field that is wrong and the rule it breaks', async () => {
    const body = { email: 'nobody', username: 'a b', password: 'short', nickname: 'x' };
    const refused = await system.ask(REGISTER, { body });
    expect(refused).toMatchObject({ status: 400, body: { code: 'request.invalid' } });
    const paths = (refused.body.errors as { path: string }[]).map(({ path }) => path);
    expect(paths.sort()).toEqual(['email', 'name', 'nickname', 'password', 'username']);
  });

  it('says that it cannot verify anybody while Redis is away, and changes nothing', async () => {
    const form = newcomer();
    await system.killRedis();
    const refused = await system.ask(REGISTER, { body: form });
    await system.startRedisEmpty();
    expect(refused).toMatchObject({ status: 503, body: { code: 'dependency.unavailable' } });
    expect(Number(refused.headers['retry-after'])).toBeGreaterThan(0);
    expect(await system.sql('SELECT 1 FROM identity.users WHERE email = $1', [form.email])).toEqual([]);

    await eventually(async () => (await system.ask(REGISTER, { body: form })).status === 202);
    await verificationMail(system, form.email);
  });
});
