import { contexts } from '@rookery/contexts';
import { registry } from '@rookery/observability';
import { eventually, newcomer, PASSWORD, signUp, TestSystem } from '@rookery/testing';

const REGISTER = 'POST /v1/auth/register';

describe('registering', () => {
  let system: TestSystem;

  beforeAll(async () => {
    system = await TestSystem.start(contexts);
  });
  afterAll(() => system.stop());

  it('sends a mail whose code signs in', async () => {
    const form = { email: 'Ada@Example.com', username: 'ada', password: PASSWORD, name: 'Ada' };
    const accepted = await system.ask(REGISTER, { body: form });
    expect(accepted).toMatchObject({ status: 202, body: { email: 'ada@example.com' } });

    const { code } = await system.inbox.verification('ada@example.com');
    const verified = await system.ask('POST /v1/auth/verify', { body: { email: 'ada@example.com', code } });
    expect(verified).toMatchObject({ status: 200, body: { tokenType: 'Bearer', user: { username: 'ada' } } });

    const me = await system.ask('GET /v1/me', { token: verified.body.accessToken });
    expect(me).toMatchObject({ status: 200, body: { email: 'ada@example.com', role: 'user' } });
  });

  it('leaves neither password, code nor token in the database', async () => {
    const form = newcomer({ password: 'a very particular secret' });
    await system.ask(REGISTER, { body: form });
    const { code, token } = await system.inbox.verification(form.email);
    const [dump] = await system.sql<{ everything: string }>(
      `SELECT (SELECT jsonb_agg(o) FROM messaging.outbox o)::text || (SELECT jsonb_agg(d) FROM messaging.event_delivery d)::text
              || (SELECT jsonb_agg(u) FROM identity.users u)::text
              || (SELECT jsonb_agg(l) FROM identity.activation_links l)::text AS everything`,
    );
    expect(dump!.everything).not.toContain('particular secret');
    expect(dump!.everything).not.toContain(token);
    expect(dump!.everything).not.toMatch(new RegExp(`"${code}"`));
  });

  it('answers for an address that has an account exactly as for a new one, and tells its owner', async () => {
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

  it('does not tell by the username whether an address has an account', async () => {
    const owner = await signUp(system);
    const fresh = newcomer();
    // A stranger registers both, then tries to take the usernames again with an address of his own.
    const withKnown = newcomer({ email: owner.email });
    await system.ask(REGISTER, { body: fresh });
    await system.ask(REGISTER, { body: withKnown });
    const afterFresh = await system.ask(REGISTER, { body: newcomer({ username: fresh.username }) });
    const afterKnown = await system.ask(REGISTER, { body: newcomer({ username: withKnown.username }) });
    expect([afterFresh.status, afterKnown.status]).toEqual([409, 409]);
  });

  it('does not tell by wrong codes whether an address has an account', async () => {
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

  /** @returns how many passwords are hashed in the course of something. */
  async function hashes(work: () => Promise<unknown>): Promise<number> {
    const counted = async () => {
      const { values } = await registry.getSingleMetric('rookery_password_operations_total')!.get();
      return values.find(({ labels }) => labels.operation === 'hash')?.value ?? 0;
    };
    const before = await counted();
    await work();
    return (await counted()) - before;
  }

  it('hashes no password that it refuses: too weak, or a username that somebody has', async () => {
    const { username } = newcomer();
    const ask = (own: object) => system.ask(REGISTER, { body: newcomer(own) });
    expect(await hashes(() => ask({ username }))).toBe(1);
    expect(await hashes(() => ask({ username }))).toBe(0);
    expect(await hashes(() => ask({ password: 'password1234' }))).toBe(0);
  });

  it('hashes no password for whom it sends away because too many register at once', async () => {
    const statuses: number[] = [];
    const hashed = await hashes(async () => {
      const ask = () => system.ask(REGISTER, { body: newcomer() });
      const answers = await Promise.all(Array.from({ length: 150 }, ask));
      statuses.push(...answers.map(({ status }) => status));
    });
    expect(new Set([...statuses, 202, 503])).toEqual(new Set([202, 503]));
    expect(hashed).toBe(statuses.filter((status) => status === 202).length);
  }, 60_000);

  it('gives one of many who want a username at once the username', async () => {
    const answers = await Promise.all(
      Array.from({ length: 12 }, () => system.ask(REGISTER, { body: newcomer({ username: 'wanted' }) })),
    );
    expect(answers.map(({ status }) => status).toSorted((a, b) => a - b)).toEqual([
      202,
      ...Array<number>(11).fill(409),
    ]);
  });

  it('makes one account and sends one mail when an address registers many times at once', async () => {
    const email = 'twelve@example.com';
    const answers = await Promise.all(
      Array.from({ length: 12 }, () => system.ask(REGISTER, { body: newcomer({ email }) })),
    );
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([202]));
    await system.inbox.verification(email);
    await eventually(async () => {
      const [open] = await system.sql<{ count: number }>(
        `SELECT count(*)::int AS count FROM messaging.event_delivery WHERE state = 'pending'`,
      );
      return open!.count === 0;
    });
    expect(await system.inbox.of(email)).toHaveLength(1);
    const users = await system.sql('SELECT 1 FROM identity.users WHERE email = $1', [email]);
    expect(users).toHaveLength(1);
  });

  describe('a pending address again', () => {
    /** Lets a minute pass since the last mail to an address. */
    const aMinuteLater = (email: string) =>
      Promise.all([
        system.sql(
          `UPDATE identity.users SET verification_requested_at = now() - interval '61 s' WHERE email = $1`,
          [email],
        ),
        system.sql(`UPDATE identity.decoys SET mailed_at = now() - interval '61 s' WHERE email = $1`, [
          email,
        ]),
      ]);
    const verify = (email: string, code: string) =>
      system.ask('POST /v1/auth/verify', { body: { email, code } });
    const logIn = async (email: string, password: string) =>
      (await system.ask('POST /v1/auth/login', { body: { email, password } })).status;

    it('begins anew: what was mailed before confirms nothing, and the first password opens nothing', async () => {
      const stranger = newcomer({ password: 'chosen by a stranger' });
      const { email } = stranger;
      await system.ask(REGISTER, { body: stranger });
      const first = await system.inbox.verification(email);
      await aMinuteLater(email);
      const owner = newcomer({ email, password: 'chosen by the owner' });
      await system.ask(REGISTER, { body: owner });

      expect([410, 422]).toContain((await verify(email, first.code)).status);
      expect((await system.ask(`PUT /v1/users/activate/${first.token}`)).status).toBe(404);
      await eventually(async () => (await system.inbox.of(email)).length === 2);
      const { code } = await system.inbox.verification(email);
      const verified = await verify(email, code);
      expect(verified).toMatchObject({ status: 200, body: { user: { username: owner.username } } });
      expect([await logIn(email, stranger.password), await logIn(email, owner.password)]).toEqual([401, 200]);
    });

    it('changes nothing within a minute of a mail, so that a code confirms what its mail names', async () => {
      const owner = newcomer();
      await system.ask(REGISTER, { body: owner });
      const { code } = await system.inbox.verification(owner.email);
      await system.ask(REGISTER, {
        body: newcomer({ email: owner.email, password: 'chosen by a stranger' }),
      });
      expect(await verify(owner.email, code)).toMatchObject({
        status: 200,
        body: { user: { username: owner.username } },
      });
      expect(await logIn(owner.email, owner.password)).toBe(200);
    });

    it('frees the username that was wanted first, whether or not the address has an account', async () => {
      const active = await signUp(system);
      const statuses: number[] = [];
      for (const email of [newcomer().email, active.email]) {
        const [first, last] = [newcomer({ email }), newcomer({ email })];
        await system.ask(REGISTER, { body: first });
        await aMinuteLater(email);
        await system.ask(REGISTER, { body: last });
        for (const { username } of [first, last]) {
          statuses.push((await system.ask(REGISTER, { body: newcomer({ username }) })).status);
        }
      }
      expect(statuses).toEqual([202, 409, 202, 409]);
    });
  });

  it.each(['password1234', 'qwertyuiopasdf', 'aaaaaaaaaaaa', 'abcabcabcabc', '123456789012'])(
    'refuses the password %s',
    async (password) => {
      const weak = await system.ask(REGISTER, { body: newcomer({ password }) });
      expect(weak).toMatchObject({ status: 422, body: { code: 'identity.password-weak' } });
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
    await system.inbox.verification(form.email);
  });
});
