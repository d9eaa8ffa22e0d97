import { readFileSync } from 'node:fs';
import { createServer, type RequestListener, type Server } from 'node:http';
import { type AddressInfo, connect, createServer as createDoor, type Server as Door } from 'node:net';
import { join } from 'node:path';
import { PASSWORD, signUp } from '@rookery/contexts/identity/testing';
import { eventually, type Person, privateSystem } from '@rookery/testing';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { startBrowser } from '../tools/parts/browser.mts';

// The first run on a machine may have to download the browser.
jest.setTimeout(300_000);

/** What the code of the guide makes; it runs in the page. */
interface Session {
  logIn(email: string, password: string): Promise<{ csrfToken?: string; refreshToken?: string }>;
  resume(): Promise<{ id: string } | undefined>;
  stepUp(proof: { password: string }): Promise<object>;
  fetch(path: string): Promise<Response>;
  logOut(): Promise<void>;
}

declare global {
  var session: Session;
}

const guide = readFileSync(join(__dirname, '../docs/guides/browser.md'), 'utf8');
const CODE = /```js\n([\s\S]*?)```/.exec(guide)![1]!;

const serve = async (listener: RequestListener): Promise<Server> => {
  const server = createServer(listener).listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  return server;
};
const portOf = (server: Server | Door) => (server.address() as AddressInfo).port;

/**
 * The api's address is a setting, and known before it runs: the port of a door, which leads to it once it does.
 *
 * @param received gets what browsers send
 */
async function openDoor(target: () => string, received: string[] = []): Promise<Door> {
  const door = createDoor((near) => {
    const far = connect(Number(new URL(target()).port), '127.0.0.1');
    near.on('data', (data: Buffer) => received.push(data.toString('latin1')));
    for (const [one, other] of [
      [near, far],
      [far, near],
    ] as const)
      one.on('error', () => other.destroy()).pipe(other);
  });
  await new Promise<void>((done) => door.listen(0, '127.0.0.1', done));
  return door;
}

describe('a page that signs in with a cookie', () => {
  let app: Server;
  let evil: Server;
  let door: Door;
  let port: number;
  let browser: Browser;
  let context: BrowserContext;
  const received: string[] = [];

  beforeAll(async () => {
    const page: RequestListener = (_request, response) =>
      void response.setHeader('content-type', 'text/html').end('<!doctype html><title>A page</title>');
    app = await serve(page);
    evil = await serve(page);
    door = await openDoor(() => system.addresses.apiUrl, received);
    port = portOf(door);
  });
  const system = privateSystem(() => ({
    PUBLIC_URL: `http://127.0.0.1:${port}`,
    CORS_ORIGINS: `http://127.0.0.1:${portOf(app)}`,
  }));
  beforeAll(async () => {
    browser = await startBrowser();
  });
  afterAll(async () => {
    await browser?.close();
    for (const server of [app, evil, door]) server?.close();
  });
  beforeEach(async () => {
    context = await browser.newContext();
  });
  afterEach(() => context.close());

  const pages = {
    'of the api’s own origin': () => `http://127.0.0.1:${port}/activate`,
    'of another origin of the same site': () => `http://127.0.0.1:${portOf(app)}/`,
  };
  const cookies = () => context.cookies(`http://127.0.0.1:${port}`);

  /** Opens a page with the code of the guide. */
  async function open(url: string): Promise<Page> {
    const page = await context.newPage();
    await page.goto(url);
    await load(page);
    return page;
  }

  const load = (page: Page) =>
    page.evaluate(`${CODE.replace('export function', 'function')}
      globalThis.session = createSession('http://127.0.0.1:${port}/v1');`);

  const logIn = (page: Page, { email }: Person) =>
    page.evaluate(([address, password]) => session.logIn(address, password), [email, PASSWORD] as const);
  const resume = (page: Page) => page.evaluate(async () => (await session.resume())?.id);
  const me = (page: Page) =>
    page.evaluate(async () => ((await (await session.fetch('/me')).json()) as { id: string }).id);

  const sessionsOf = ({ id }: Person) =>
    system.sql<{ counter: number; ended: boolean }>(
      `SELECT counter, revoked_at IS NOT NULL AS ended FROM identity.sessions
       WHERE user_id = $1 AND in_cookie ORDER BY id`,
      [id],
    );
  /** Lets ten minutes pass since the refresh tokens were replaced. */
  const passTime = ({ id }: Person) =>
    system.sql(
      `UPDATE identity.sessions SET rotated_at = rotated_at - interval '10 minutes' WHERE user_id = $1`,
      [id],
    );

  describe.each(Object.entries(pages))('%s', (_, url) => {
    it('never sees the refresh token, and is still signed in after a reload', async () => {
      const person = await signUp(system);
      const page = await open(url());
      const tokens = await logIn(page, person);
      expect([typeof tokens.csrfToken, tokens.refreshToken]).toEqual(['string', undefined]);
      expect(await cookies()).toEqual([
        expect.objectContaining({
          name: 'rookery_refresh',
          httpOnly: true,
          sameSite: 'Strict',
          path: '/',
          domain: '127.0.0.1',
        }),
      ]);
      expect(await page.evaluate('document.cookie')).toBe('');
      expect(await me(page)).toBe(person.id);

      await page.reload();
      await load(page);
      expect(await resume(page)).toBe(person.id);
      expect(await me(page)).toBe(person.id);
    });

    it('authenticates again, refreshes and signs out, which deletes the cookie', async () => {
      const person = await signUp(system);
      const page = await open(url());
      await logIn(page, person);
      await page.evaluate((password) => session.stepUp({ password }), PASSWORD);
      await passTime(person);
      expect(await resume(page)).toBe(person.id);
      await page.evaluate(() => session.logOut());
      expect(await cookies()).toEqual([]);
      expect(await resume(page)).toBeUndefined();
      expect(await sessionsOf(person)).toMatchObject([{ ended: true }]);
    });

    it('keeps everybody signed in when many tabs open and refresh at once', async () => {
      const person = await signUp(system);
      const tabs = await Promise.all(Array.from({ length: 6 }, () => open(url())));
      await logIn(tabs[0]!, person);
      for (let round = 0; round < 3; round += 1) {
        await passTime(person);
        const resumed = await Promise.all(tabs.map((tab) => resume(tab)));
        expect(resumed).toEqual(tabs.map(() => person.id));
      }
      expect(await sessionsOf(person)).toEqual([{ counter: 3, ended: false }]);
    });

    it('is told when another tab has signed in to another account', async () => {
      const [ada, grace] = [await signUp(system), await signUp(system)];
      const [first, second] = [await open(url()), await open(url())];
      await logIn(first, ada);
      await logIn(second, grace);
      const refreshed = first.evaluate(() => session.stepUp({ password: 'correct horse battery' }));
      await expect(refreshed).rejects.toThrow(/another tab has signed in/);
      expect(await me(first)).toBe(ada.id);
      expect(await resume(second)).toBe(grace.id);
      expect(await resume(first)).toBe(grace.id);
    });

    it('loses the cookie with the next refresh after it was signed out elsewhere', async () => {
      const person = await signUp(system);
      const page = await open(url());
      await logIn(page, person);
      await system.ask('POST /v1/auth/logout-all', { token: person.token });
      expect(await resume(page)).toBeUndefined();
      expect(await cookies()).toEqual([]);
    });
  });

  describe('is attacked by a page', () => {
    const attackers = {
      'of another site, for which the browser sends no cookie': ['localhost', false],
      'of another origin of the same site, for which it does': ['127.0.0.1', true],
    } as const;

    it.each(Object.entries(attackers))('%s, in vain', async (_, [host, sent]) => {
      const url = () => `http://${host}:${portOf(evil)}/`;
      const [person, attacker] = [await signUp(system), await signUp(system)];
      const page = await open(pages['of the api’s own origin']());
      await logIn(page, person);
      await passTime(person);
      const kept = await cookies();

      const other = await open(url());
      received.length = 0;
      const results = await other.evaluate(
        async ([api, email, password]) => {
          const send = async (path: string, options: RequestInit) =>
            fetch(api + path, { method: 'POST', credentials: 'include', ...options }).then(
              (response) => response.type,
              () => 'blocked',
            );
          const json = { 'content-type': 'application/json', 'x-csrf-token': 'guess' };
          const login = JSON.stringify({ email, password, tokenDelivery: 'cookie' });
          return [
            // With a preflight, which is not answered for this origin.
            await send('/auth/refresh', { headers: json, body: '{}' }),
            await send('/auth/login', { headers: json, body: login }),
            // Without one: it arrives, but the page may not read the response.
            await send('/auth/csrf-token', {}),
            await send('/auth/refresh', { mode: 'no-cors' }),
            await send('/auth/csrf-token', { mode: 'no-cors' }),
            await send('/auth/login', { mode: 'no-cors', body: login }),
          ];
        },
        [`http://127.0.0.1:${port}/v1`, attacker.email, PASSWORD] as const,
      );
      expect(new Set(results)).toEqual(new Set(['blocked']));
      const origin = `origin: ${new URL(url()).origin}\r\n`;
      const arrived = () =>
        received.filter(
          (text) => /^POST .*\/auth\/refresh/.test(text) && text.toLowerCase().includes(origin),
        );
      await eventually(() => arrived().length > 0);
      expect(arrived().every((text) => /^cookie: rookery_refresh=rt_/im.test(text) === sent)).toBe(true);
      expect(await cookies()).toEqual(kept);
      expect(await sessionsOf(person)).toEqual([{ counter: 0, ended: false }]);
      expect(await sessionsOf(attacker)).toEqual([]);
      expect(await resume(page)).toBe(person.id);
    });

    it('with a form, in vain', async () => {
      const person = await signUp(system);
      const page = await open(pages['of the api’s own origin']());
      await logIn(page, person);
      for (const type of ['text/plain', 'application/x-www-form-urlencoded', 'multipart/form-data']) {
        const other = await open(`http://127.0.0.1:${portOf(evil)}/`);
        const answered = other.waitForResponse((response) => response.url().endsWith('/auth/refresh'));
        await other.evaluate(`
          const form = document.createElement('form');
          Object.assign(form, { action: 'http://127.0.0.1:${port}/v1/auth/refresh', enctype: '${type}', method: 'post' });
          document.body.append(form);
          form.submit();`);
        expect([403, 415]).toContain((await answered).status());
        await other.close();
      }
      expect(await resume(page)).toBe(person.id);
    });
  });
});

describe('a page of an api with https', () => {
  let browser: Browser;
  let door: Door;
  let port: number;

  beforeAll(async () => {
    door = await openDoor(() => system.addresses.apiUrl);
    port = portOf(door);
  });
  // Browsers take cookies with Secure from localhost over http too.
  const system = privateSystem(() => ({
    PUBLIC_URL: 'https://api.example',
    CORS_ORIGINS: `http://localhost:${port}`,
  }));
  beforeAll(async () => {
    browser = await startBrowser();
  });
  afterAll(async () => {
    await browser?.close();
    door?.close();
  });

  it('gets a cookie that no sibling domain can set', async () => {
    const person = await signUp(system);
    const context = await browser.newContext();
    const sibling = await context.newPage();
    await sibling.goto(`http://evil.localhost:${port}/activate`);
    const toss = () =>
      sibling.evaluate(`
        for (const path of ['/', '/v1'])
          document.cookie = '__Host-rookery_refresh=tossed; Domain=localhost; Secure; Path=' + path;`);
    await toss();
    const page = await context.newPage();
    await page.goto(`http://localhost:${port}/activate`);
    await page.evaluate(`${CODE.replace('export function', 'function')}
      globalThis.session = createSession('http://localhost:${port}/v1');`);
    await page.evaluate(([email, password]) => session.logIn(email, password), [
      person.email,
      PASSWORD,
    ] as const);
    await toss();
    const cookies = await context.cookies(`http://localhost:${port}/v1/auth/refresh`);
    expect(cookies).toEqual([
      expect.objectContaining({
        name: '__Host-rookery_refresh',
        value: expect.stringMatching(/^rt_/),
        secure: true,
        httpOnly: true,
        sameSite: 'Strict',
      }),
    ]);
    expect(await page.evaluate(async () => (await session.resume())?.id)).toBe(person.id);
    await context.close();
  });
});
