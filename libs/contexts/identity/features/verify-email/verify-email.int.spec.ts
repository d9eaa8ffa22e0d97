import { contexts } from '@rookery/contexts';
import { RedisConnections } from '@rookery/messaging';
import { newcomer, TestSystem } from '@rookery/testing';

const VERIFY = 'POST /v1/auth/verify';

describe('verifying an address with the code', () => {
  let system: TestSystem;

  beforeAll(async () => {
    system = await TestSystem.start(contexts);
  });
  afterAll(() => system.stop());

  async function registered(): Promise<{ email: string; code: string; wrong: string }> {
    const form = newcomer();
    await system.ask('POST /v1/auth/register', { body: form });
    const { code } = await system.inbox.verification(form.email);
    return { email: form.email, code, wrong: code === '111111' ? '222222' : '111111' };
  }

  it('takes five wrong tries, then not even the right code', async () => {
    const { email, code, wrong } = await registered();
    for (let tries = 0; tries < 5; tries += 1) {
      const refused = await system.ask(VERIFY, { body: { email, code: wrong } });
      expect(refused).toMatchObject({ status: 422, body: { code: 'identity.code-invalid' } });
    }
    const late = await system.ask(VERIFY, { body: { email, code } });
    expect(late).toMatchObject({ status: 410, body: { code: 'identity.code-expired' } });
  });

  it('compares at most five of a hundred guesses made at once', async () => {
    const { email, code, wrong } = await registered();
    const guesses = await Promise.all(
      Array.from({ length: 100 }, () => system.ask(VERIFY, { body: { email, code: wrong } })),
    );
    expect(guesses.filter(({ status }) => status === 422)).toHaveLength(5);
    expect(guesses.filter(({ status }) => status === 410)).toHaveLength(95);
    expect((await system.ask(VERIFY, { body: { email, code } })).status).toBe(410);
  });

  it('lets the right code be used once, however many use it at once', async () => {
    const { email, code } = await registered();
    const answers = await Promise.all(
      Array.from({ length: 20 }, () => system.ask(VERIFY, { body: { email, code } })),
    );
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(1);
    expect(answers.filter(({ status }) => status === 410)).toHaveLength(19);
  });

  it('keeps a code for ten minutes', async () => {
    const { email, code } = await registered();
    const redis = system.inApi(RedisConnections).shared;
    const keys = await redis.keys('*:code:*');
    const lives = await Promise.all(keys.map((key) => redis.pttl(key)));
    expect(Math.max(...lives)).toBeGreaterThan(590_000);
    expect(Math.max(...lives)).toBeLessThanOrEqual(600_000);
    await Promise.all(keys.map((key) => redis.pexpire(key, 1)));
    const late = await system.ask(VERIFY, { body: { email, code } });
    expect(late.body.code).toBe('identity.code-expired');
  });

  it('stores no code that could be read', async () => {
    const { code } = await registered();
    const redis = system.inApi(RedisConnections).shared;
    const stored = await Promise.all((await redis.keys('*:code:*')).map((key) => redis.hgetall(key)));
    expect(JSON.stringify(stored)).not.toContain(`"${code}"`);
  });

  it('answers for an address nobody registered as for one without a code', async () => {
    const unknown = await system.ask(VERIFY, { body: { email: 'nobody@example.com', code: '123456' } });
    expect(unknown).toMatchObject({ status: 410, body: { code: 'identity.code-expired' } });
  });

  it('welcomes whoever is verified', async () => {
    const { email, code } = await registered();
    await system.ask(VERIFY, { body: { email, code } });
    const mail = await system.inbox.latest(email, /Welcome/);
    expect(mail.html).toContain('is ready');
  });
});
