import { contexts } from '@rookery/contexts';
import { RedisConnections } from '@rookery/redis';
import { newcomer, signUp, verificationMail } from '@rookery/contexts/identity/testing';
import { served } from '@rookery/testing';
import { askedDuring } from '@rookery/testing/statements';
import { ownSystem } from '@rookery/testing/own-system';
import { VerificationCodes } from '../../services/verification-codes';

const VERIFY = 'POST /v1/auth/verify';

describe('verifying an address with the code', () => {
  const system = ownSystem(contexts);

  async function registered(): Promise<{ email: string; code: string; wrong: string }> {
    const form = newcomer();
    await system.ask('POST /v1/auth/register', { body: form });
    const { code } = await verificationMail(system, form.email);
    return { email: form.email, code, wrong: code === '111111' ? '222222' : '111111' };
  }

  it('accepts five wrong attempts, then not even the right code', async () => {
    const { email, code, wrong } = await registered();
    for (let tries = 0; tries < 5; tries += 1) {
      const refused = await system.ask(VERIFY, { body: { email, code: wrong } });
      expect(refused).toMatchObject({ status: 422, body: { code: 'identity.code-invalid' } });
    }
    const late = await system.ask(VERIFY, { body: { email, code } });
    expect(late).toMatchObject({ status: 410, body: { code: 'identity.code-expired' } });
  });

  it('compares at most five of a hundred concurrent guesses', async () => {
    const { email, code, wrong } = await registered();
    // A guess that waits too long for PostgreSQL or Redis gets 503, compared or not: an attacker retries.
    const guess = async () =>
      (await served(() => system.ask(VERIFY, { body: { email, code: wrong } }))).status;
    const statuses = await Promise.all(Array.from({ length: 100 }, guess));
    const compared = statuses.filter((status) => status === 422);
    expect(compared.length).toBeLessThanOrEqual(5);
    expect(statuses.filter((status) => status === 410)).toHaveLength(100 - compared.length);
    expect((await system.ask(VERIFY, { body: { email, code } })).status).toBe(410);
  });

  it('lets the right code be used once, however many use it at once', async () => {
    const { email, code } = await registered();
    const answers = await Promise.all(
      Array.from({ length: 20 }, () => served(() => system.ask(VERIFY, { body: { email, code } }))),
    );
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(1);
    expect(answers.filter(({ status }) => status === 410)).toHaveLength(19);
  });

  it('keeps a code for ten minutes', async () => {
    const { email, code } = await registered();
    const redis = system.inApi(RedisConnections).shared;
    const keys = await redis.keys('*:code:*');
    const ends = await Promise.all(keys.map(async (key) => Number(await redis.hget(key, 'expires'))));
    const lives = ends.map((end) => end - Date.now());
    expect(Math.max(...lives)).toBeGreaterThan(540_000);
    expect(Math.max(...lives)).toBeLessThanOrEqual(600_000);
    await Promise.all(keys.map((key) => redis.hincrby(key, 'expires', -600_000)));
    const late = await system.ask(VERIFY, { body: { email, code } });
    expect(late.body.code).toBe('identity.code-expired');
  });

  it('stores no code that could be read', async () => {
    const { code } = await registered();
    const redis = system.inApi(RedisConnections).shared;
    const stored = await Promise.all((await redis.keys('*:code:*')).map((key) => redis.hgetall(key)));
    expect(JSON.stringify(stored)).not.toContain(`"${code}"`);
  });

  it('returns the same for unknown, known and pending addresses, with and without a pending code', async () => {
    const pending = newcomer();
    await system.ask('POST /v1/auth/register', { body: pending });
    const { code } = await verificationMail(system, pending.email);
    const [active, verified] = [await signUp(system), await registered()];
    await system.ask(VERIFY, { body: verified });
    const sequence = async (email: string) => {
      const answers = [];
      for (let tries = 0; tries < 7; tries += 1) {
        const body = { email, code: code === '111111' ? '222222' : '111111' };
        const answer = await system.ask(VERIFY, { body });
        answers.push({ status: answer.status, ...answer.body, traceId: '' });
      }
      return answers;
    };
    const told = await sequence(pending.email);
    expect(told.map(({ status }) => status)).toEqual([422, 422, 422, 422, 422, 410, 410]);
    expect(await sequence('nobody@example.com')).toEqual(told);
    expect(await sequence(active.email)).toEqual(told);
    expect(await sequence(verified.email)).toEqual(told);
  });

  it('leaves strangers as many attempts as before when its owner verifies an address', async () => {
    const { email, code, wrong } = await registered();
    const verify = async (tried: string) =>
      (await system.ask(VERIFY, { body: { email, code: tried } })).status;
    const statuses = [];
    for (const tried of [wrong, wrong, wrong, code, wrong, wrong, wrong]) statuses.push(await verify(tried));
    expect(statuses).toEqual([422, 422, 422, 200, 422, 422, 410]);
  });

  it('forgets the attempts a day after the last one, whenever a mail is sent in between', async () => {
    const [pending, active] = [await registered(), await signUp(system)];
    await system.ask('POST /v1/auth/register', { body: newcomer({ email: active.email }) });
    await system.inbox.latest(active.email, /already have/);
    const redis = system.inApi(RedisConnections).shared;
    const later = async (ms: number) => {
      for (const key of await redis.keys('*:code*')) await redis.pexpire(key, (await redis.pttl(key)) - ms);
    };
    const addresses = [pending.email, active.email];
    const guess = (email: string) => system.ask(VERIFY, { body: { email, code: pending.wrong } });
    for (const email of addresses) for (let tries = 0; tries < 6; tries += 1) await guess(email);
    await later(86_000_000);
    const [user] = await system.sql<{ id: string }>(
      'SELECT verification_id AS id FROM identity.users WHERE email = $1',
      [pending.email],
    );
    await system.inApi(VerificationCodes).issue(pending.email, user!.id, pending.code);
    await later(500_000);
    const statuses = [];
    for (const email of addresses) statuses.push((await guess(email)).status);
    expect(statuses).toEqual([422, 422]);
  });

  it('does the same in PostgreSQL for unknown, known and pending addresses', async () => {
    const [pending, active] = [await registered(), await signUp(system)];
    const work = (email: string) =>
      askedDuring(system, () => system.ask(VERIFY, { body: { email, code: pending.wrong } }));
    const told = [];
    for (const email of [pending.email, 'nobody.either@example.com', active.email]) {
      const statements = [];
      for (let tries = 0; tries < 6; tries += 1) statements.push(await work(email));
      told.push(statements);
    }
    expect(told[1]).toEqual(told[0]);
    expect(told[2]).toEqual(told[0]);
  });

  describe('after a hundred wrong codes in a row', () => {
    async function issue(email: string, id: string): Promise<void> {
      const codes = system.inApi(VerificationCodes);
      await codes.announce(email, id);
      await codes.issue(email, id, '424242');
    }

    /** Sends one code after the other to an address, and five concurrent wrong attempts for each. */
    async function guess(email: string, codes: number): Promise<number[]> {
      const statuses: number[] = [];
      for (let code = 0; code < codes; code += 1) {
        await issue(email, `code ${code}`);
        const tries = Array.from({ length: 5 }, () =>
          system.ask(VERIFY, { body: { email, code: '111111' } }),
        );
        statuses.push(...(await Promise.all(tries)).map(({ status }) => status));
      }
      return statuses;
    }

    async function issueRight(email: string): Promise<void> {
      const [user] = await system.sql<{ id: string }>(
        'SELECT verification_id AS id FROM identity.users WHERE email = $1',
        [email],
      );
      await issue(email, user!.id);
    }

    it('accepts no code any more, whatever is sent and also after Redis was flushed; the link still works', async () => {
      const form = newcomer();
      await system.ask('POST /v1/auth/register', { body: form });
      const { token } = await verificationMail(system, form.email);
      expect(await guess(form.email, 21)).toEqual([
        ...Array<number>(100).fill(422),
        ...Array<number>(5).fill(410),
      ]);
      await system.inApi(RedisConnections).shared.flushall();
      await issueRight(form.email);
      const late = await system.ask(VERIFY, { body: { email: form.email, code: '424242' } });
      expect(late).toMatchObject({ status: 410, body: { code: 'identity.code-expired' } });
      expect((await system.ask(`PUT /v1/users/activate/${token}`)).status).toBe(204);
    });

    it('accepts codes again if nothing was tried for the lifetime of a registration', async () => {
      const { email } = await registered();
      await guess(email, 20);
      await issueRight(email);
      expect((await system.ask(VERIFY, { body: { email, code: '424242' } })).status).toBe(410);
      await system.sql(`UPDATE identity.code_failures SET last_tried_at = last_tried_at - interval '3 days'`);
      expect((await system.ask(VERIFY, { body: { email, code: '424242' } })).status).toBe(200);
    });

    it('also counts those for an unregistered address', async () => {
      const unknown = 'nobody.at.all@example.com';
      expect(await guess(unknown, 21)).toEqual([
        ...Array<number>(100).fill(422),
        ...Array<number>(5).fill(410),
      ]);
    });
  });

  it('welcomes verified users', async () => {
    const { email, code } = await registered();
    await system.ask(VERIFY, { body: { email, code } });
    const mail = await system.inbox.latest(email, /Welcome/);
    expect(mail.html).toContain('is ready');
  });
});
