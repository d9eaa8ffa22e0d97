import { privateSystem } from '@rookery/testing';
import { newcomer, PASSWORD, verificationMail } from '@rookery/contexts/identity/testing';

const LOGIN = '/v1/auth/login';
const FORGOT = '/v1/auth/password/forgot';
const APP = 'https://app.example';
const WRONG = 'not the password';

let addresses = 0;
/** A client address without earlier requests. */
const newAddress = () => `203.0.${113 + Math.floor((addresses += 1) / 250)}.${1 + (addresses % 250)}`;

describe('a stranger who wants to keep an owner out', () => {
  const system = privateSystem({
    RATE_LIMIT_ENABLED: 'true',
    RATE_LIMIT_DEFAULT: '100000/100000',
    RATE_LIMIT_LOGIN: '15/86400',
    RATE_LIMIT_OTP: '10/86400',
    RATE_LIMIT_PASSWORD: '10/86400',
    LOCKOUT_FAILURES: '10',
    CORS_ORIGINS: APP,
  });

  const post = (from: string, path: string, body: object, token?: string) =>
    system.ask(`POST ${path}`, { from, body, token });

  const logIn = (address: string, email: string, password = PASSWORD, deviceToken?: string) =>
    post(address, LOGIN, { email, password, deviceToken });
  const status = async (answer: Promise<{ status: number }>) => (await answer).status;

  /** A user who has verified the address, and so signed in, at home. */
  async function owner(
    home = newAddress(),
  ): Promise<{ email: string; home: string; token: string; deviceToken: string }> {
    const form = newcomer();
    await post(home, '/v1/auth/register', form);
    const { code } = await verificationMail(system, form.email);
    const { body } = await post(home, '/v1/auth/verify', { email: form.email, code });
    return { email: form.email, home, token: body.accessToken, deviceToken: body.refreshToken };
  }

  /** @returns the responses to the given number of passwords, each from a different address. */
  async function guess(email: string, times: number): Promise<number[]> {
    const answers: number[] = [];
    for (let tries = 0; tries < times; tries += 1)
      answers.push(await status(logIn(newAddress(), email, WRONG)));
    return answers;
  }

  const locked = [...Array<number>(10).fill(401), ...Array<number>(5).fill(423), 429, 429, 429];

  it('locks out strangers and uses up their limits, but not those of clients with which the owner has signed in', async () => {
    const { email, home } = await owner();
    expect(await guess(email, 18)).toEqual(locked);
    expect(await status(logIn(newAddress(), email))).toBe(429);
    expect(await status(logIn(home, email))).toBe(200);
    expect(await status(logIn(newAddress(), email))).toBe(429);
  });

  it('does not lock out a device on which the owner has signed in, wherever it is now', async () => {
    const { email, token, deviceToken } = await owner();
    await post(newAddress(), '/v1/auth/logout-all', {}, token); // a device that is signed out is known, too
    expect(await guess(email, 18)).toEqual(locked);
    expect(await status(logIn(newAddress(), email))).toBe(429);
    expect(await status(logIn(newAddress(), email, PASSWORD, deviceToken))).toBe(200);
  });

  it('does not lock out a browser in which the owner has signed in, by its cookie', async () => {
    const { email, home } = await owner();
    const body = { email, password: PASSWORD, tokenDelivery: 'cookie' };
    const logInFrom = (from: string, headers: Record<string, string>) =>
      system.ask(`POST ${LOGIN}`, { from, body, headers: { origin: APP, ...headers } });
    const [cookie] = String((await logInFrom(home, {})).headers['set-cookie']).split(';') as [string];
    expect(await guess(email, 18)).toEqual(locked);
    expect(await status(logInFrom(newAddress(), {}))).toBe(429);
    expect(await status(logInFrom(newAddress(), { cookie, origin: 'https://evil.example' }))).toBe(429);
    expect(await status(logInFrom(newAddress(), { cookie }))).toBe(200);
  });

  it('remains a stranger with a token of another account, a forged token or an old token', async () => {
    const { email, deviceToken } = await owner();
    const other = await owner();
    const old = await owner();
    await system.sql(
      `UPDATE identity.sessions SET last_seen_at = now() - interval '181 days'
       WHERE user_id = (SELECT id FROM identity.users WHERE email = $1)`,
      [old.email],
    );
    await guess(email, 18);
    await guess(old.email, 18);
    for (const token of [other.deviceToken, deviceToken.replace('.0.', '.1.'), 'rt_nonsense', ''])
      expect(await status(logIn(newAddress(), email, PASSWORD, token))).toBe(429);
    expect(await status(logIn(newAddress(), old.email, PASSWORD, old.deviceToken))).toBe(429);
  });

  it('has ten guesses on a device of the account, which lock only that device', async () => {
    const { email, home, deviceToken } = await owner();
    const answers: number[] = [];
    for (let tries = 0; tries < 11; tries += 1)
      answers.push(await status(logIn(newAddress(), email, WRONG, deviceToken)));
    expect(answers).toEqual([...Array<number>(10).fill(401), 423]);
    expect(await status(logIn(newAddress(), email))).toBe(200);
    expect(await status(logIn(home, email))).toBe(200);
  });

  it('does not affect operations in a session', async () => {
    const { email, home, token } = await owner();
    await guess(email, 18);
    const stepUp = (address: string) =>
      status(post(address, '/v1/auth/step-up', { password: PASSWORD }, token));
    expect(await stepUp(home)).toBe(200);
    expect(await stepUp(newAddress())).toBe(200); // the session has moved, its telephone has
  });

  it('gets the same response for unknown addresses', async () => {
    const { email } = await owner();
    expect(await guess('nobody@example.com', 18)).toEqual(await guess(email, 18));
  });

  it('does not become known by failed attempts: only a sign-in makes a network known', async () => {
    const { email } = await owner();
    const stranger = newAddress();
    await logIn(stranger, email, WRONG);
    await guess(email, 17);
    expect(await status(logIn(stranger, email))).toBe(429);
  });

  it('gets no more guesses from a known network than from elsewhere, and locks only that network', async () => {
    const { email, home } = await owner();
    const tried: number[] = [];
    for (let tries = 0; tries < 11; tries += 1) tried.push(await status(logIn(home, email, WRONG)));
    expect(tried).toEqual([...Array<number>(10).fill(401), 423]);
    expect(await status(logIn(home, email))).toBe(423);
    expect(await status(logIn(newAddress(), email))).toBe(200);
  });

  it('requests links from many addresses: the owner can still get one', async () => {
    const { email, home } = await owner();
    const stranger = newAddress();
    const asked: number[] = [];
    for (let times = 0; times < 11; times += 1) asked.push(await status(post(stranger, FORGOT, { email })));
    expect(asked).toEqual([...Array<number>(10).fill(202), 429]);
    expect(await status(post(newAddress(), FORGOT, { email }))).toBe(202);
    expect(await status(post(home, FORGOT, { email }))).toBe(202);
  });

  it('does not prevent a new user from verifying', async () => {
    const form = newcomer();
    await post(newAddress(), '/v1/auth/register', form);
    const { code } = await verificationMail(system, form.email);
    const [one, another] = [newAddress(), newAddress()];
    for (let times = 0; times < 6; times += 1)
      for (const stranger of [one, another])
        await post(stranger, '/v1/auth/verify/resend', { email: form.email });
    expect(await status(post(newAddress(), '/v1/auth/verify', { email: form.email, code }))).toBe(200);
  });

  it('gets an error for a malformed address', async () => {
    for (const email of ['a\0b@example.com', `${'a'.repeat(5_000)}@example.com`])
      expect(await status(logIn(newAddress(), email))).toBe(400);
  });

  describe('networks that are known', () => {
    const known = (email: string, ip: string) =>
      system.fixture<boolean>('identity.isKnownNetwork', { email, ip });

    it('are an IPv4 address, however the socket shows it', async () => {
      const { email } = await owner('::ffff:198.51.100.7');
      expect(await known(email, '198.51.100.7')).toBe(true);
      expect(await known(email, '::ffff:198.51.100.7')).toBe(true);
      expect(await known(email, '198.51.100.8')).toBe(false);
    });

    it('are the /64 of an IPv6 address', async () => {
      const { email } = await owner('2001:db8:5:6::1');
      expect(await known(email, '2001:db8:5:6:ffff:ffff:ffff:ffff')).toBe(true);
      expect(await known(email, '2001:db8:5:6::')).toBe(true);
      expect(await known(email, '2001:db8:5:7::')).toBe(false);
      expect(await known(email, '2001:db8:5:5:ffff::')).toBe(false);
    });

    it('are known for this account only, and not forever', async () => {
      const [ada, bob] = [await owner(), await owner()];
      expect(await known(ada.email, ada.home)).toBe(true);
      expect(await known(ada.email, bob.home)).toBe(false);
      await system.sql(`UPDATE identity.sessions SET last_seen_at = now() - interval '181 days'
        WHERE user_id = (SELECT id FROM identity.users WHERE email = '${ada.email}')`);
      expect(await known(ada.email, ada.home)).toBe(false);
    });

    it.each(['', 'unknown', '203.0.113', '::1%eth0', 'fe80::1%"; --'])('do not include %p', async (ip) => {
      expect(await known((await owner()).email, ip)).toBe(false);
    });
  });
});
