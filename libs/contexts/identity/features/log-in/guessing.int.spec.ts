import * as argon2 from '@node-rs/argon2';
import * as bcrypt from '@node-rs/bcrypt';
import { contexts } from '@rookery/contexts';
import { Transaction } from '@rookery/persistence';
import { RedisConnections } from '@rookery/redis';
import { registry } from '@rookery/observability';
import { newcomer, PASSWORD, signUp } from '@rookery/contexts/identity/testing';
import { served } from '@rookery/testing';
import { ownSystem } from '@rookery/testing/own-system';
import { PasswordAttempts } from '../../storage/password-attempts';

const WRONG = 'not the password';

describe('guessing passwords', () => {
  const system = ownSystem(contexts);
  let strangers = 0;

  const signIn = (email: string, password: string) =>
    system.ask('POST /v1/auth/login', { body: { email, password } });
  const nobody = () => `stranger${(strangers += 1)}@example.com`;
  const known = async () => (await signUp(system)).email;
  const statuses = (answers: { status: number }[]) =>
    answers.map(({ status }) => status).sort((a, b) => a - b);
  const times = <T>(count: number, work: () => Promise<T>) =>
    Promise.all(Array.from({ length: count }, work));

  const retried = (email: string, password: string) => served(() => signIn(email, password));

  async function guess(email: string, count: number): Promise<number[]> {
    const answered: number[] = [];
    for (let tries = 0; tries < count; tries += 1) answered.push((await signIn(email, WRONG)).status);
    return answered;
  }

  async function timePasses(minutes: number): Promise<void> {
    await system.sql(
      `UPDATE identity.password_attempts
       SET locked_until = locked_until - make_interval(mins => $1),
           comparing_until = comparing_until - make_interval(mins => $1),
           failed_at = array(SELECT at - make_interval(mins => $1) FROM unnest(failed_at) AS at)`,
      [minutes],
    );
  }

  /** Counts the passwords that are hashed and compared while a function runs. */
  async function passwordWork(work: () => Promise<unknown>): Promise<Record<string, number>> {
    const counted = async () => {
      const { values } = await registry.getSingleMetric('rookery_password_operations_total')!.get();
      return new Map(values.map(({ labels, value }) => [String(labels.operation), value]));
    };
    const before = await counted();
    await work();
    return Object.fromEntries(
      [...(await counted())].map(([name, value]) => [name, value - (before.get(name) ?? 0)]),
    );
  }

  describe.each([
    ['of somebody', () => known()],
    ['of nobody', () => Promise.resolve(nobody())],
  ])('for the address %s', (_, addressOf) => {
    it('locks it for 15 minutes after ten wrong ones, for the right one too', async () => {
      const email = await addressOf();
      expect(await guess(email, 11)).toEqual([...Array<number>(10).fill(401), 423]);
      const locked = await signIn(email, PASSWORD);
      expect(locked).toMatchObject({ status: 423, body: { code: 'identity.locked' } });
      expect(Number(locked.headers['retry-after'])).toBeGreaterThan(14 * 60);
      expect(Number(locked.headers['retry-after'])).toBeLessThanOrEqual(15 * 60);
      await timePasses(14);
      expect((await signIn(email, WRONG)).status).toBe(423);
      await timePasses(1);
      expect((await signIn(email, WRONG)).status).toBe(401);
    });

    it('compares ten of a hundred concurrent attempts', async () => {
      const email = await addressOf();
      const answers = await times(100, () => retried(email, WRONG));
      expect(statuses(answers)).toEqual([...Array<number>(10).fill(401), ...Array<number>(90).fill(423)]);
      expect((await signIn(email, PASSWORD)).status).toBe(423);
    });

    it('stays locked when Redis forgets everything', async () => {
      const email = await addressOf();
      await guess(email, 10);
      await system.inApi(RedisConnections).shared.flushall();
      expect((await signIn(email, PASSWORD)).status).toBe(423);
    });
  });

  it('returns the same for unknown and known addresses once they are locked', async () => {
    const [somebody, stranger] = [await known(), nobody()];
    const told = async (email: string) => {
      await guess(email, 10);
      const { status, body, headers } = await signIn(email, WRONG);
      return [status, { ...body, traceId: '' }, Object.keys(headers)];
    };
    expect(await told(somebody)).toEqual(await told(stranger));
  });

  it('resets failures after the right password', async () => {
    const email = await known();
    expect(await guess(email, 9)).toEqual(Array(9).fill(401));
    expect((await signIn(email, PASSWORD)).status).toBe(200);
    expect(await guess(email, 9)).toEqual(Array(9).fill(401));
    expect((await signIn(email, PASSWORD)).status).toBe(200);
  });

  it('neither counts the password of an unverified registration nor resets failures for it', async () => {
    const password = 'chosen by a stranger';
    for (const email of [await known(), nobody()]) {
      await system.ask('POST /v1/auth/register', { body: newcomer({ email, password }) });
      await guess(email, 9);
      const registered = await times(12, () => retried(email, password));
      expect(new Set(statuses(registered))).toEqual(new Set([403]));
      expect(await guess(email, 2)).toEqual([401, 423]);
    }
  });

  it('counts failures in a sliding window of 15 minutes', async () => {
    const email = await known();
    await guess(email, 5);
    await timePasses(10);
    await guess(email, 4);
    await timePasses(6); // the first five have expired by now
    expect(await guess(email, 5)).toEqual(Array(5).fill(401));
    expect((await signIn(email, PASSWORD)).status).toBe(200);
  });

  it('lets all concurrent sign-ins with the right password succeed', async () => {
    const email = await known();
    const answers = await times(40, () => retried(email, PASSWORD));
    expect(new Set(statuses(answers))).toEqual(new Set([200]));
  });

  it('does not count comparisons that a dead process never completed', async () => {
    const email = await known();
    const attempts = system.inApi(PasswordAttempts);
    await guess(email, 1);
    const [{ address }] = (await system.sql<{ address: Buffer }>(
      'SELECT address FROM identity.password_attempts ORDER BY comparing_until DESC LIMIT 1',
    )) as [{ address: Buffer }];
    await times(9, () => attempts.begin(address));
    await timePasses(1);
    expect((await signIn(email, PASSWORD)).status).toBe(200);
  });

  it('records a failure although the outer command is rolled back', async () => {
    const email = await known();
    await guess(email, 9);
    const attempts = system.inApi(PasswordAttempts);
    const [{ address }] = (await system.sql<{ address: Buffer }>(
      'SELECT address FROM identity.password_attempts ORDER BY comparing_until DESC LIMIT 1',
    )) as [{ address: Buffer }];
    const command = system.inApi(Transaction).run(async () => {
      await attempts.begin(address);
      await attempts.wrong(address);
      throw new Error('rejected');
    });
    await expect(command).rejects.toThrow('rejected');
    expect((await signIn(email, PASSWORD)).status).toBe(423);
  });

  it('costs the same number of hashes for known, unknown and locked addresses', async () => {
    const [somebody, stranger, locked] = [await known(), nobody(), await known()];
    const [lockedStranger, pending] = [nobody(), newcomer()];
    await guess(locked, 10);
    await guess(lockedStranger, 10);
    const [once, twice] = [
      { compare: 1, hash: 0 },
      { compare: 2, hash: 0 },
    ];
    expect(await passwordWork(() => signIn(somebody, WRONG))).toEqual(twice);
    expect(await passwordWork(() => signIn(stranger, WRONG))).toEqual(twice);
    const register = (email: string) =>
      system.ask('POST /v1/auth/register', { body: { ...newcomer({ email }), password: pending.password } });
    for (const email of [somebody, pending.email]) {
      const registration = { compare: 0, hash: 1 };
      expect(await passwordWork(() => register(email))).toEqual(registration);
      expect(await passwordWork(() => register(email))).toEqual(registration);
      expect(await passwordWork(() => signIn(email, WRONG))).toEqual(twice);
    }
    expect(await passwordWork(() => signIn(pending.email, pending.password))).toEqual(twice);
    expect(await passwordWork(() => signIn(locked, WRONG))).toEqual(once);
    expect(await passwordWork(() => signIn(lockedStranger, WRONG))).toEqual(once);
    expect(await passwordWork(() => signIn(locked, PASSWORD))).toEqual(once);
    const forgotten = (email: string) => system.ask('POST /v1/auth/password/forgot', { body: { email } });
    expect(await passwordWork(() => forgotten(somebody))).toEqual({ compare: 0, hash: 0 });
    expect(await passwordWork(() => forgotten(stranger))).toEqual({ compare: 0, hash: 0 });
  });

  it('stores no address that was tried', async () => {
    const email = nobody();
    await guess(email, 1);
    const rows = await system.sql<{ text: string }>(
      'SELECT to_jsonb(a)::text AS text FROM identity.password_attempts a',
    );
    const stored = JSON.stringify(rows);
    expect(stored).not.toContain(email);
    expect(stored).not.toContain(Buffer.from(email).toString('hex'));
  });

  it('deletes addresses without current failures', async () => {
    const [old, locked] = [nobody(), nobody()];
    const count = async (condition: string) =>
      (await system.sql(`SELECT 1 FROM identity.password_attempts WHERE ${condition}`)).length;
    await guess(old, 1);
    // Before the time passes: afterwards the worker's own schedule may be first.
    expect(await count('comparing_until > now()')).toBeGreaterThan(0);
    await timePasses(31);
    await guess(locked, 10);
    await system.inWorker(Transaction).run(() => system.inWorker(PasswordAttempts).removeOld(1_000));
    expect(await count('comparing_until < now()')).toBe(0);
    expect((await signIn(locked, WRONG)).status).toBe(423);
  });

  describe('with an imported hash', () => {
    async function imported(hash: string): Promise<string> {
      const email = await known();
      await system.sql('UPDATE identity.users SET password_hash = $2 WHERE email = $1', [email, hash]);
      return email;
    }

    const hashOf = async (email: string) =>
      (
        await system.sql<{ hash: string }>(
          'SELECT password_hash AS hash FROM identity.users WHERE email = $1',
          [email],
        )
      )[0]!.hash;

    /** The prefixes mean the same algorithm; only the implementation that wrote the hash differs. */
    const bcryptHash = async (prefix: string, cost: number) =>
      (await bcrypt.hash(PASSWORD, cost)).replace('$2b$', () => `$${prefix}$`);

    const older = (parameters: object) => () =>
      argon2.hash(PASSWORD, { memoryCost: 19_456, timeCost: 2, parallelism: 1, ...parameters });
    const cases: [string, () => Promise<string>][] = [
      ['bcrypt $2a', () => bcryptHash('2a', 10)],
      ['bcrypt $2b', () => bcryptHash('2b', 10)],
      ['bcrypt $2y', () => bcryptHash('2y', 10)],
      ['argon2id with less memory', older({ memoryCost: 9_216, timeCost: 4 })],
      ['argon2i', older({ algorithm: 1 })],
    ];

    it.each(cases)('signs in with %s, which is argon2id afterwards', async (_, hash) => {
      const stored = await hash();
      const email = await imported(stored);
      expect((await signIn(email, WRONG)).status).toBe(401);
      expect(await hashOf(email)).toBe(stored);
      expect((await signIn(email, PASSWORD)).status).toBe(200);
      const renewed = await hashOf(email);
      expect(renewed).toMatch(/^\$argon2id\$v=19\$m=19456,t=2,p=1\$/);
      expect((await signIn(email, PASSWORD)).status).toBe(200);
      expect(await hashOf(email)).toBe(renewed);
    });

    it('signs in with the unnormalized password if the hash is of that, and with the same characters in another form', async () => {
      const [typed, composed] = ['Zoë’s ﬁne horses'.normalize('NFD'), 'Zoë’s fine horses'.normalize('NFC')];
      const raw = await argon2.hash(typed, { memoryCost: 19_456, timeCost: 2, parallelism: 1 });
      const old = await imported(raw);
      expect((await signIn(old, typed)).status).toBe(200);
      const { email } = await signUp(system, { password: typed });
      expect([(await signIn(email, typed)).status, (await signIn(email, composed)).status]).toEqual([
        200, 200,
      ]);
    });

    it('lets concurrent sign-ins succeed while it is rehashed', async () => {
      const email = await imported(await bcryptHash('2b', 4));
      const answers = await times(8, () => retried(email, PASSWORD));
      expect(new Set(statuses(answers))).toEqual(new Set([200]));
    });

    it('signs in although it cannot be rehashed', async () => {
      const stored = await bcryptHash('2b', 4);
      const email = await imported(stored);
      await system.sql(
        `CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'no'; END $$`,
      );
      await system.sql(
        `CREATE TRIGGER refuse BEFORE UPDATE OF password_hash ON identity.users FOR EACH ROW EXECUTE FUNCTION refuse()`,
      );
      const { status } = await signIn(email, PASSWORD);
      await system.sql('DROP TRIGGER refuse ON identity.users');
      expect(status).toBe(200);
      expect(await hashOf(email)).toBe(stored);
    });

    it.each(['', '!', '$2b$10$nonsense', '$argon2id$nonsense'])(
      'fits no password when it is %p',
      async (hash) => {
        const email = await imported(hash);
        expect((await signIn(email, PASSWORD)).status).toBe(401);
      },
    );
  });
});
