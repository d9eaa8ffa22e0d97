import {
  Authenticator,
  enroll,
  newcomer,
  PASSWORD,
  signUp,
  verificationMail,
} from '@rookery/contexts/identity/testing';
import { type Answer, type Ask, type Person, privateSystem, served } from '@rookery/testing';

const APP = 'https://app.example';
const COOKIE = '__Host-rookery_refresh';

/** A browser: keeps the cookie of each response, and sends it with every request. */
class Browser {
  /** Its cookie; empty without one. */
  cookie = '';
  csrfToken = '';
  accessToken = '';

  constructor(
    private readonly system: { ask(route: string, ask?: Ask): Promise<Answer> },
    readonly origin = APP,
  ) {}

  async ask(route: string, { headers = {}, ...ask }: Ask = {}): Promise<Answer> {
    const sent = {
      origin: this.origin,
      ...(this.cookie && { cookie: `theme=dark; ${this.cookie}` }),
      ...(this.csrfToken && { 'x-csrf-token': this.csrfToken }),
      ...headers,
    };
    const defined = Object.fromEntries(Object.entries(sent).filter(([, value]) => value !== ''));
    const answer = await this.system.ask(route, { ...ask, headers: defined });
    this.keep(answer);
    return answer;
  }

  keep({ headers, body }: Answer): void {
    const [set] = [headers['set-cookie'] ?? []].flat();
    if (set !== undefined) {
      const [pair] = set.split(';') as [string];
      this.cookie = pair.endsWith('=') ? '' : pair;
    }
    this.csrfToken = body.csrfToken ?? this.csrfToken;
    this.accessToken = body.accessToken ?? this.accessToken;
  }

  logIn(email: string): Promise<Answer> {
    const body = { email, password: PASSWORD, tokenDelivery: 'cookie' };
    return this.ask('POST /v1/auth/login', { body });
  }

  refresh(headers: Record<string, string> = {}): Promise<Answer> {
    return this.ask('POST /v1/auth/refresh', { headers });
  }

  /** Another tab of it: the same cookie. */
  tab(): Browser {
    const tab = new Browser(this.system, this.origin);
    return Object.assign(tab, {
      cookie: this.cookie,
      csrfToken: this.csrfToken,
      accessToken: this.accessToken,
    });
  }
}

const setCookies = ({ headers }: Answer) => [headers['set-cookie'] ?? []].flat();
const codeOf = ({ status, body }: Answer) => [status, body.code];

describe('the session of a browser', () => {
  const system = privateSystem({ CORS_ORIGINS: APP, PUBLIC_URL: 'https://api.example' });

  async function signedIn(): Promise<{ browser: Browser; person: Person }> {
    const person = await signUp(system);
    const browser = new Browser(system);
    await browser.logIn(person.email);
    return { browser, person };
  }

  /** Lets the last rotation of a user's refresh tokens be longer ago. */
  const passSeconds = (person: Person, seconds: number) =>
    system.sql(
      `UPDATE identity.sessions SET rotated_at = rotated_at - make_interval(secs => $2) WHERE user_id = $1 AND in_cookie`,
      [person.id, seconds],
    );

  it('has its refresh token in a cookie, and in no body', async () => {
    const { email } = await signUp(system);
    const browser = new Browser(system);
    const signedInAnswer = await browser.logIn(email);
    expect(signedInAnswer.body).toEqual({
      tokenType: 'Bearer',
      accessToken: expect.any(String),
      expiresIn: 900,
      refreshExpiresIn: expect.any(Number),
      user: expect.objectContaining({ email }),
      csrfToken: expect.stringMatching(/^[\w-]{43}$/),
    });
    const { refreshExpiresIn } = signedInAnswer.body;
    expect(setCookies(signedInAnswer)).toEqual([
      expect.stringMatching(
        new RegExp(
          `^${COOKIE}=rt_[\\w.-]+; Max-Age=${refreshExpiresIn}; Path=/; HttpOnly; SameSite=Strict; Secure$`,
        ),
      ),
    ]);
    expect(signedInAnswer.headers).toMatchObject({
      'cache-control': 'no-store',
      'access-control-allow-origin': APP,
      'access-control-allow-credentials': 'true',
    });
    const again = await browser.refresh();
    expect(again).toMatchObject({ status: 200, body: { csrfToken: browser.csrfToken } });
    expect(again.body).not.toHaveProperty('refreshToken');
    expect((await system.ask('GET /v1/me', { token: again.body.accessToken })).body.email).toBe(email);
  });

  it('begins with the code of a registration too', async () => {
    const form = newcomer();
    await system.ask('POST /v1/auth/register', { body: form });
    const { code } = await verificationMail(system, form.email);
    const browser = new Browser(system);
    const body = { email: form.email, code, tokenDelivery: 'cookie' };
    expect(codeOf(await system.ask('POST /v1/auth/verify', { body }))).toEqual([
      403,
      'identity.origin-not-allowed',
    ]);
    const verified = await browser.ask('POST /v1/auth/verify', { body });
    expect(verified).toMatchObject({ status: 200, body: { csrfToken: expect.any(String) } });
    expect(verified.body).not.toHaveProperty('refreshToken');
    expect((await browser.refresh()).status).toBe(200);
  });

  it('keeps its cookie after a second factor and a step-up', async () => {
    const person = await signUp(system);
    const app = await Authenticator.enroll(system, person);
    const browser = new Browser(system);
    const begun = await browser.logIn(person.email);
    expect([begun.body.mfaRequired, setCookies(begun)]).toEqual([true, []]);
    const { mfaToken } = begun.body;
    const complete = async () => ({ body: { mfaToken, code: await app.code() } });
    expect(codeOf(await system.ask('POST /v1/auth/mfa', await complete()))).toEqual([
      403,
      'identity.origin-not-allowed',
    ]);
    const completed = await browser.ask('POST /v1/auth/mfa', await complete());
    expect(completed).toMatchObject({ status: 200, body: { csrfToken: expect.any(String) } });
    expect(completed.body).not.toHaveProperty('refreshToken');

    const before = browser.cookie;
    const step = async () => ({ token: browser.accessToken, body: { code: await app.code() } });
    for (const missing of ['cookie', 'x-csrf-token', 'origin']) {
      const headers = { [missing]: '' };
      const refused = await browser.ask('POST /v1/auth/step-up', { ...(await step()), headers });
      expect(codeOf(refused)).toEqual([403, 'identity.csrf-token-invalid']);
    }
    const stepped = await browser.ask('POST /v1/auth/step-up', await step());
    expect(stepped).toMatchObject({ status: 200, body: { csrfToken: browser.csrfToken } });
    expect(stepped.body).not.toHaveProperty('refreshToken');
    expect(browser.cookie).not.toBe(before);
    expect((await browser.refresh()).status).toBe(200);
  });

  it('leaves other clients as they were', async () => {
    const person = await signUp(system);
    const login = await system.ask('POST /v1/auth/login', {
      body: { email: person.email, password: PASSWORD },
    });
    expect([login.body.csrfToken, setCookies(login)]).toEqual([undefined, []]);
    const { refreshToken } = login.body;
    const refreshed = await system.ask('POST /v1/auth/refresh', { body: { refreshToken } });
    expect(refreshed.body.refreshToken).not.toBe(refreshToken);
    expect(setCookies(refreshed)).toEqual([]);
  });

  it('cannot be used with the token outside of the cookie', async () => {
    const { browser, person } = await signedIn();
    const [, stolen] = browser.cookie.split('=') as [string, string];
    const inBody = await system.ask('POST /v1/auth/refresh', { body: { refreshToken: stolen } });
    expect(codeOf(inBody)).toEqual([401, 'identity.refresh-invalid']);
    const logout = await system.ask('POST /v1/auth/logout', {
      token: browser.accessToken,
      body: { refreshToken: stolen },
    });
    expect(codeOf(logout)).toEqual([401, 'identity.refresh-invalid']);
    expect((await browser.refresh()).status).toBe(200);

    const { body } = await system.ask('POST /v1/auth/login', {
      body: { email: person.email, password: PASSWORD },
    });
    const tossed = new Browser(system);
    tossed.cookie = `${COOKIE}=${body.refreshToken}`;
    expect(codeOf(await tossed.ask('POST /v1/auth/csrf-token'))).toEqual([401, 'identity.refresh-invalid']);
    expect(
      (await system.ask('POST /v1/auth/refresh', { body: { refreshToken: body.refreshToken } })).status,
    ).toBe(200);
  });

  describe('is refreshed', () => {
    it('by many tabs at once with one cookie, and nobody is signed out', async () => {
      const { browser, person } = await signedIn();
      for (let round = 0; round < 3; round += 1) {
        await passSeconds(person, 600);
        const tabs = Array.from({ length: 10 }, () => browser.tab());
        const answers = await Promise.all(tabs.map((tab) => served(() => tab.refresh())));
        expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]));
        const cookies = new Set(tabs.map(({ cookie }) => cookie));
        expect(cookies.size).toBe(1);
        expect(cookies).not.toContain(browser.cookie);
        browser.keep(answers[0]!);
      }
    });

    it('by a tab whose request arrives after two others', async () => {
      const { browser, person } = await signedIn();
      await passSeconds(person, 600);
      const [first, second, late] = [browser.tab(), browser.tab(), browser.tab()];
      await first.refresh();
      second.cookie = first.cookie;
      await second.refresh();
      expect((await late.refresh()).status).toBe(200);
      expect((await first.refresh()).status).toBe(200);
    });

    it('by one tab after another, each of which takes the latest cookie', async () => {
      const { browser, person } = await signedIn();
      const seen = [browser.cookie];
      for (let round = 0; round < 3; round += 1) {
        await passSeconds(person, 60);
        await browser.refresh();
        seen.push(browser.cookie);
      }
      expect(new Set(seen).size).toBe(4);
    });

    it('never with an old cookie: the session ends, and the cookie is deleted', async () => {
      const { browser, person } = await signedIn();
      const copied = browser.tab();
      await passSeconds(person, 60);
      await browser.refresh();
      await passSeconds(person, 60);
      const reused = await copied.refresh();
      expect(codeOf(reused)).toEqual([401, 'identity.refresh-reused']);
      expect(copied.cookie).toBe('');
      const ended = await browser.refresh();
      expect([codeOf(ended), browser.cookie]).toEqual([[401, 'identity.refresh-invalid'], '']);
      expect(setCookies(ended)).toEqual([`${COOKIE}=; Max-Age=0; Path=/; HttpOnly; SameSite=Strict; Secure`]);
    });

    it('by a new tab, which gets the CSRF token again', async () => {
      const { browser } = await signedIn();
      const { csrfToken } = browser;
      const tab = Object.assign(browser.tab(), { csrfToken: '', accessToken: '' });
      expect(codeOf(await tab.refresh())).toEqual([403, 'identity.csrf-token-invalid']);
      const told = await tab.ask('POST /v1/auth/csrf-token');
      expect([told.status, told.body, told.headers['cache-control']]).toEqual([
        200,
        { csrfToken },
        'no-store',
      ]);
      expect((await tab.refresh()).status).toBe(200);
    });
  });

  describe('is attacked', () => {
    const REFUSED = [403, 'identity.origin-not-allowed'];
    const ORIGINS = [
      ['a page of another site', 'https://evil.example'],
      ['a sibling of the app', 'https://evil.app.example'],
      ['the app over http', 'http://app.example'],
      ['another port', 'https://app.example:8443'],
      ['a sandboxed frame', 'null'],
      ['a request that names no origin', ''],
      ['two origins', `${APP}, https://evil.example`],
    ];

    it.each(ORIGINS)('by %s, without success', async (_, origin) => {
      const { browser, person } = await signedIn();
      await passSeconds(person, 600);
      for (const route of ['POST /v1/auth/refresh', 'POST /v1/auth/csrf-token', 'POST /v1/auth/logout']) {
        const refused = await browser.ask(route, { token: browser.accessToken, headers: { origin } });
        expect([codeOf(refused), setCookies(refused)]).toEqual([REFUSED, []]);
        expect(refused.headers['access-control-allow-origin']).toBeUndefined();
      }
      expect((await browser.refresh()).status).toBe(200);
    });

    it.each(ORIGINS)(
      'by %s that tries to sign it in to another account, without success',
      async (_, origin) => {
        const { email } = await signUp(system);
        const body = { email, password: PASSWORD, tokenDelivery: 'cookie' };
        const refused = await new Browser(system).ask('POST /v1/auth/login', { body, headers: { origin } });
        expect([codeOf(refused), setCookies(refused)]).toEqual([REFUSED, []]);
      },
    );

    it('by a form, whose content type no route accepts', async () => {
      const { browser } = await signedIn();
      for (const type of [
        'text/plain',
        'application/x-www-form-urlencoded',
        'multipart/form-data; boundary=x',
      ]) {
        const refused = await browser.ask('POST /v1/auth/refresh', {
          body: '{}',
          headers: { 'content-type': type, origin: 'https://evil.example' },
        });
        expect(refused.status).toBe(415);
      }
    });

    it('with a CSRF token that is missing, malformed, or of another session', async () => {
      const { browser } = await signedIn();
      const other = await signedIn();
      for (const token of ['', 'x', 'A'.repeat(43), other.browser.csrfToken, `${browser.csrfToken}=`]) {
        for (const route of ['POST /v1/auth/refresh', 'POST /v1/auth/logout']) {
          const refused = await browser.ask(route, {
            token: browser.accessToken,
            headers: { 'x-csrf-token': token },
          });
          expect([codeOf(refused), setCookies(refused)]).toEqual([[403, 'identity.csrf-token-invalid'], []]);
        }
      }
      expect((await browser.refresh()).status).toBe(200);
    });

    it('with cookies that a sibling domain has set: without the prefix, or beside the right one', async () => {
      const { browser } = await signedIn();
      const attacker = await signedIn();
      const tossed = attacker.browser.cookie;
      for (const cookie of [
        tossed.replace('__Host-', ''),
        `${browser.cookie}; ${tossed}`,
        `${tossed}; ${browser.cookie}`,
      ]) {
        const refused = await browser.tab().ask('POST /v1/auth/csrf-token', { headers: { cookie } });
        expect(codeOf(refused)).toEqual([401, 'identity.refresh-invalid']);
        expect((await browser.tab().refresh({ cookie })).status).toBe(401);
      }
      // In place of the right one, which no browser lets a sibling do: the tab notices.
      expect(codeOf(await browser.tab().refresh({ cookie: tossed }))).toEqual([
        403,
        'identity.csrf-token-invalid',
      ]);
      expect((await browser.refresh()).status).toBe(200);
    });

    it('with cookies that are no tokens', async () => {
      const browser = new Browser(system);
      for (const value of [
        'nonsense',
        '',
        '"quoted"',
        `rt_${'0'.repeat(32)}.0.${'A'.repeat(43)}`,
        'a'.repeat(4_000),
      ]) {
        browser.cookie = `${COOKIE}=${value}`;
        const refused = await browser.ask('POST /v1/auth/csrf-token');
        expect(codeOf(refused)).toEqual([401, 'identity.refresh-invalid']);
      }
    });
  });

  it('switches to another account when another tab signs in, and the first tab gets an error', async () => {
    const { browser: first } = await signedIn();
    const { browser: second, person } = await signedIn();
    first.cookie = second.cookie; // one browser
    expect(codeOf(await first.refresh())).toEqual([403, 'identity.csrf-token-invalid']);
    const loggedOut = await first.ask('POST /v1/auth/logout', { token: first.accessToken });
    expect(codeOf(loggedOut)).toEqual([403, 'identity.csrf-token-invalid']);
    // Also with the CSRF token of the second account it does not end that one's session.
    const confused = await first.ask('POST /v1/auth/logout', {
      token: first.accessToken,
      headers: { 'x-csrf-token': second.csrfToken },
    });
    expect(codeOf(confused)).toEqual([403, 'identity.csrf-token-invalid']);
    expect(first.cookie).toBe(second.cookie); // and the browser keeps it
    const refreshed = await second.refresh();
    expect(refreshed).toMatchObject({ status: 200, body: { user: { id: person.id } } });
  });

  it('ends with a sign-out, which deletes the cookie', async () => {
    const { browser } = await signedIn();
    const copied = browser.tab();
    const out = await browser.ask('POST /v1/auth/logout', { token: browser.accessToken });
    expect([out.status, browser.cookie]).toEqual([204, '']);
    expect(codeOf(await copied.refresh())).toEqual([401, 'identity.refresh-invalid']);
    expect(copied.cookie).toBe('');
    expect(codeOf(await copied.refresh())).toEqual([401, 'identity.refresh-invalid']);
  });

  it('ends everywhere, and each browser’s cookie goes with its next refresh', async () => {
    const { browser, person } = await signedIn();
    const other = new Browser(system);
    await other.logIn(person.email);
    await browser.ask('POST /v1/auth/logout-all', { token: browser.accessToken });
    for (const each of [browser, other]) {
      expect(each.cookie).not.toBe('');
      expect(codeOf(await each.refresh())).toEqual([401, 'identity.refresh-invalid']);
      expect(each.cookie).toBe('');
    }
  });

  it('is known as a device by its cookie', async () => {
    const { browser, person } = await signedIn();
    await system.sql(`UPDATE identity.sessions SET ip = '203.0.113.7' WHERE user_id = $1`, [person.id]);
    const wrong = { email: person.email, password: 'wrong password here' };
    for (let tries = 0; tries < 10; tries += 1) await system.ask('POST /v1/auth/login', { body: wrong });
    expect((await system.ask('POST /v1/auth/login', { body: wrong })).status).toBe(423);
    expect((await browser.logIn(person.email)).status).toBe(200);
  });

  it('allows credentials only for configured origins', async () => {
    const preflight = (origin: string) =>
      system.ask('OPTIONS /v1/auth/refresh', {
        headers: {
          origin,
          'access-control-request-method': 'POST',
          'access-control-request-headers': 'content-type,x-csrf-token',
        },
      });
    expect((await preflight(APP)).headers).toMatchObject({
      'access-control-allow-origin': APP,
      'access-control-allow-credentials': 'true',
      'access-control-allow-headers': 'content-type,x-csrf-token',
    });
    for (const [, origin] of [
      ['', 'https://evil.example'],
      ['', 'null'],
    ]) {
      const { headers } = await preflight(origin!);
      expect(headers['access-control-allow-origin']).toBeUndefined();
      expect(headers['access-control-allow-credentials']).toBeUndefined();
    }
  });

  it('requires an origin even without the token in the body, but returns 401 without a cookie', async () => {
    const person = await enroll(system);
    expect(codeOf(await system.ask('POST /v1/auth/refresh'))).toEqual([401, 'identity.refresh-invalid']);
    expect(codeOf(await system.ask('POST /v1/auth/refresh', { body: {} }))).toEqual([
      401,
      'identity.refresh-invalid',
    ]);
    const logout = await system.ask('POST /v1/auth/logout', { token: person.token });
    expect(codeOf(logout)).toEqual([401, 'identity.refresh-invalid']);
    expect(logout.body.detail).toBe(
      'The request has no refresh token: neither in the body nor in a cookie. No session was ended or refreshed.',
    );
    expect((await system.ask('GET /v1/me', { token: person.token })).status).toBe(200);
  });
});
