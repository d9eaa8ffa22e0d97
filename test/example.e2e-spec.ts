import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { eventually } from '@rookery/testing';
import type { Browser, BrowserContext, Page, WebSocketRoute } from 'playwright-core';
import { startBrowser } from '../tools/parts/browser.mts';
import { npmStart, remove, ROOT } from './support/npm-start';

// The first run on a machine may have to download the browser.
jest.setTimeout(300_000);

/** To be looked at; not committed. */
const SCREENSHOTS = join(ROOT, '.rookery/screenshots');
const PASSWORD = 'correct horse battery';

/** Somebody at a browser of their own. */
interface Visitor {
  name: string;
  username: string;
  email: string;
  context: BrowserContext;
  page: Page;
}

describe('the example of a frontend', () => {
  const started = npmStart('rookery-example');
  afterAll(() => remove(started), 120_000);
  let browser: Browser;
  let ada: Visitor;
  let grace: Visitor;
  /** Errors of scripts, and what the Content-Security-Policy has refused. */
  const complaints: string[] = [];

  beforeAll(async () => {
    mkdirSync(SCREENSHOTS, { recursive: true });
    browser = await startBrowser();
    ada = await visitor('Ada Lovelace', 'ada', { width: 1_100, height: 900 });
    grace = await visitor('Grace Hopper', 'grace', { width: 390, height: 844 });
  });
  afterAll(() => browser?.close());
  afterEach(() => {
    if (complaints.length > 0) throw new Error(complaints.join('\n'));
  });

  const address = (path: string) => `http://127.0.0.1:${started.ports.api}/example/#${path}`;

  async function visitor(
    name: string,
    username: string,
    viewport: { width: number; height: number },
  ): Promise<Visitor> {
    const context = await browser.newContext({ viewport });
    context.setDefaultTimeout(60_000);
    context.on('weberror', (error) => complaints.push(String(error.error())));
    context.on('console', (message) => {
      if (/Content.Security.Policy|Trusted/i.test(message.text())) complaints.push(message.text());
    });
    return { name, username, email: `${username}@example.com`, context, page: await context.newPage() };
  }

  const see = (page: Page, file: string) =>
    page.screenshot({ path: join(SCREENSHOTS, `${file}.png`), fullPage: true });
  const heading = (page: Page, name: string) => page.getByRole('heading', { level: 1, name, exact: true });
  const press = (page: Page, name: string) => page.getByRole('button', { name, exact: true }).click();
  const go = (page: Page, name: string) => page.getByRole('link', { name, exact: true }).first().click();
  const fieldError = async (page: Page, label: string) => {
    const field = page.getByLabel(label, { exact: true });
    const id = (await field.getAttribute('aria-describedby'))!.split(' ').at(-1)!;
    return page.locator(`#${id}`).textContent();
  };

  async function fill(page: Page, values: Record<string, string>): Promise<void> {
    for (const [label, value] of Object.entries(values))
      await page.getByLabel(label, { exact: true }).fill(value);
  }

  async function codeOf({ email }: Visitor): Promise<string> {
    const url = `http://127.0.0.1:${started.ports.mailbox}/api/messages?to=${email}`;
    let code: string | undefined;
    await eventually(async () => {
      code = /your code is (\d{6})/.exec(await (await fetch(url)).text())?.[1];
      return code !== undefined;
    });
    return code!;
  }

  async function signUp(who: Visitor): Promise<void> {
    const { page, email, username, name } = who;
    await page.goto(address('/sign-up'));
    await fill(page, { 'E-mail address': email, Username: username, Name: name, Password: PASSWORD });
    await press(page, 'Sign up');
    await heading(page, 'Type the code from the mail').waitFor();
  }

  async function verify(who: Visitor): Promise<void> {
    await fill(who.page, { Code: await codeOf(who) });
    await press(who.page, 'Verify');
    await heading(who.page, 'Your feed').waitFor();
  }

  async function signIn({ page, email }: Visitor, password = PASSWORD): Promise<void> {
    await fill(page, { 'E-mail address': email, Password: password });
    await page.keyboard.press('Enter');
  }

  /** The page again, until it has what the worker brings within moments. */
  const until = (page: Page, shown: () => Promise<boolean>) =>
    eventually(async () => {
      await page.reload();
      await page.locator('main h1').waitFor();
      return shown();
    });

  const idOf = (page: Page) => /[0-9a-f-]{36}/.exec(page.url())![0];

  it('shows at each field what is wrong with it, in its own words', async () => {
    const { page } = ada;
    await page.goto(address('/'));
    await heading(page, 'Sign in').waitFor();
    await see(page, '01-sign-in');
    await go(page, 'Sign up');
    await fill(page, { 'E-mail address': 'nobody', Username: 'a da', Name: '', Password: 'qwertyuiopasdf' });
    await press(page, 'Sign up');
    const wrong = page.getByLabel('E-mail address');
    await eventually(async () => (await wrong.getAttribute('aria-invalid')) === 'true');
    expect(await fieldError(page, 'E-mail address')).toBe(
      'This must be an e-mail address, such as ada@example.com.',
    );
    expect(await fieldError(page, 'Username')).toBe('It has characters that are not allowed here.');
    expect(await fieldError(page, 'Name')).toMatch(/^Use at least one and at most \d+ characters\.$/);
    expect(await fieldError(page, 'Password')).toBe('');
    expect(await page.evaluate('document.activeElement.name')).toBe('email');
    await see(page, '02-sign-up-errors');

    // The rules of the domain come after those of the fields.
    await fill(page, { 'E-mail address': ada.email, Username: ada.username, Name: ada.name });
    await press(page, 'Sign up');
    const rule = 'Do not use a row of the keyboard or of the alphabet.';
    await page.getByText(rule).waitFor();
    expect(await fieldError(page, 'Password')).toContain(rule);
    expect(await fieldError(page, 'Name')).toBe('');
  });

  it('signs up and verifies with the code from the mail', async () => {
    const { page } = ada;
    await signUp(ada);
    const code = await codeOf(ada);
    await fill(page, { Code: String((Number(code) + 1) % 1_000_000).padStart(6, '0') });
    await press(page, 'Verify');
    await page.getByText('This is not right.').waitFor();
    await see(page, '03-verify');
    await verify(ada);
    await see(page, '04-empty-feed');
    await signUp(grace);
    await verify(grace);
  });

  it('signs out and in, and keeps no token where a script could find it later', async () => {
    const { page, context } = ada;
    await press(page, 'Sign out');
    await heading(page, 'Sign in').waitFor();
    await signIn(ada, 'not the password');
    await page.getByText('The e-mail address or the password is wrong.').waitFor();
    await signIn(ada);
    await heading(page, 'Your feed').waitFor();
    expect(await context.cookies()).toMatchObject([
      { name: 'rookery_refresh', httpOnly: true, sameSite: 'Strict' },
    ]);
    const kept = await page.evaluate<string>(
      "[document.cookie, ...Object.values(localStorage), ...Object.values(sessionStorage)].join(' ')",
    );
    expect(kept.trim()).toBe('');
  });

  it('continues after a reload, and in several tabs at once, which also sign out together', async () => {
    const { page, context } = ada;
    await page.reload();
    await heading(page, 'Your feed').waitFor();
    const tabs = await Promise.all([1, 2, 3].map(() => context.newPage()));
    await Promise.all([...tabs.map((tab) => tab.goto(address('/explore'))), page.reload()]);
    for (const tab of tabs) await heading(tab, 'Explore').waitFor();
    await heading(page, 'Your feed').waitFor();
    await press(tabs[0]!, 'Sign out');
    for (const tab of [...tabs, page]) await heading(tab, 'Sign in').waitFor();
    await signIn(ada);
    await heading(page, 'Your feed').waitFor();
    // Each is where it was.
    for (const tab of tabs) await heading(tab, 'Explore').waitFor();
    for (const tab of tabs) await tab.close();
  });

  it('signs out although the session has ended elsewhere', async () => {
    const api = `http://127.0.0.1:${started.ports.api}/v1/auth`;
    const elsewhere = await fetch(`${api}/login`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ email: ada.email, password: PASSWORD }),
    });
    const { accessToken } = (await elsewhere.json()) as { accessToken: string };
    const headers = { authorization: `Bearer ${accessToken}` };
    expect((await fetch(`${api}/logout-all`, { method: 'POST', headers })).status).toBe(204);
    await press(ada.page, 'Sign out');
    await heading(ada.page, 'Sign in').waitFor();
    await signIn(ada);
    await heading(ada.page, 'Your feed').waitFor();
  });

  it('shows the feed for an address that no page has', async () => {
    for (const path of ['//', 'http://[', '/constructor/x', '/__proto__/x', '/toString']) {
      await ada.page.goto(address('/explore'));
      await heading(ada.page, 'Explore').waitFor();
      await ada.page.goto(address(path));
      await heading(ada.page, 'Your feed').waitFor();
    }
  });

  it('goes on with a new access token when the server no longer accepts the old one', async () => {
    const { page } = ada;
    const asked: string[] = [];
    await page.route('**/v1/{feed*,auth/refresh}', (route) => {
      asked.push(new URL(route.request().url()).pathname);
      const expired = { status: 401, contentType: 'application/problem+json' };
      const body = JSON.stringify({ code: 'auth.unauthenticated', detail: 'The token has expired.' });
      return asked.length === 1 ? route.fulfill({ ...expired, body }) : route.continue();
    });
    await go(page, 'Explore');
    await heading(page, 'Explore').waitFor();
    await go(page, 'Feed');
    await heading(page, 'Your feed').waitFor();
    expect(asked).toEqual(['/v1/feed', '/v1/auth/refresh', '/v1/feed']);
    await page.unroute('**/v1/{feed*,auth/refresh}');
  });

  it('publishes a post once, also if the first response is lost', async () => {
    const { page } = ada;
    let lost = 0;
    await page.route('**/v1/posts', async (route) => {
      if (route.request().method() !== 'POST' || lost > 0) return route.continue();
      lost += 1;
      await route.fetch();
      await route.abort();
    });
    await page.getByText('Write a post').click();
    await fill(page, {
      Title: 'Swifts are back',
      Text: 'Saw the first three this morning.',
      Tags: 'birds, spring',
    });
    await press(page, 'Publish');
    await page.getByText('Published.').waitFor();
    await page.unroute('**/v1/posts');
    expect(lost).toBe(1);
    await page.reload();
    await page.getByRole('heading', { name: 'Swifts are back' }).waitFor();
    expect(await page.getByRole('heading', { name: 'Swifts are back' }).count()).toBe(1);
    await see(page, '05-feed');
  });

  it('finds somebody, shows their profile and follows them', async () => {
    const { page } = grace;
    await go(page, 'Explore');
    await heading(page, 'Explore').waitFor();
    await fill(page, { 'Find somebody by username': 'nobody-there' });
    await press(page, 'Find');
    await page.getByText('There is no user nobody-there.').waitFor();
    await fill(page, { 'Find somebody by username': ada.username });
    await press(page, 'Find');
    await heading(page, ada.name).waitFor();
    const number = (name: string) =>
      page.locator('.counts div', { hasText: name }).locator('dd').textContent();
    await until(page, async () => (await number('Posts')) === '1');
    const follow = page.getByRole('button', { name: 'Follow', exact: true });
    expect(await follow.getAttribute('aria-pressed')).toBe('false');
    await follow.click();
    await eventually(async () => (await follow.getAttribute('aria-pressed')) === 'true');
    expect(await number('Followers')).toBe('1');
    // Right after a reload too: it is in the profile.
    await page.reload();
    await heading(page, ada.name).waitFor();
    expect(await follow.getAttribute('aria-pressed')).toBe('true');
    await until(page, async () => (await number('Followers')) === '1');
    await see(page, '06-profile');
  });

  it('likes and comments on what is in the feed', async () => {
    const { page } = grace;
    await go(page, 'Feed');
    const title = page.getByRole('link', { name: 'Swifts are back' });
    await until(page, async () => (await title.count()) === 1);
    await press(page, 'Like');
    const like = page.getByRole('button', { name: 'Like', exact: true });
    await eventually(async () => (await like.getAttribute('aria-pressed')) === 'true');
    await see(page, '07-liked');
    await title.click();
    await heading(page, 'Swifts are back').waitFor();
    expect(await like.getAttribute('aria-pressed')).toBe('true');
    await press(page, 'Comment');
    await eventually(
      async () => (await fieldError(page, 'Your comment'))?.startsWith('Use at least one') === true,
    );
    await fill(page, { 'Your comment': '<b>Here too!</b>' });
    await press(page, 'Comment');
    await page.getByText('<b>Here too!</b>').waitFor();
    expect(await page.getByLabel('Your comment').inputValue()).toBe('');
    await see(page, '08-comment');

    await ada.page.goto(page.url());
    await ada.page.getByText('<b>Here too!</b>').waitFor();
    await until(ada.page, () => ada.page.getByText('1 like', { exact: true }).isVisible());
    await go(ada.page, grace.name);
    await ada.page.getByText('follows you').waitFor();
  });

  it('shows live what happens, and after a lost connection what has happened meanwhile, once', async () => {
    const { page } = ada;
    const graceProfile = page.url();
    // What the tests before have caused is told first: it would be counted below.
    const kinds = () =>
      page.evaluate<string[]>(`(async () => {
        const { accessToken } = await import('/example/session.js');
        const headers = { authorization: 'Bearer ' + (await accessToken()) };
        const { data } = await (await fetch('/v1/notifications', { headers })).json();
        return data.map(({ kind }) => kind);
      })()`);
    await eventually(async () => expect((await kinds()).sort()).toEqual(['comment', 'follow', 'like']));
    let server: WebSocketRoute | undefined;
    const connected: string[] = [];
    let ready = 0;
    let mayConnect = true;
    await page.routeWebSocket('**/v1/ws*', (socket) => {
      connected.push(socket.url());
      server = socket;
      if (mayConnect)
        socket.connectToServer().onMessage((message) => {
          if (String(message).includes('"type":"ready"')) ready += 1;
          socket.send(message);
        });
      else void socket.close({ code: 1012, reason: 'restart; retry-after-ms=50' });
    });
    await page.reload();
    await go(page, 'Live');
    await heading(page, 'Live').waitFor();
    await page.getByText('Nothing has happened since you opened this page.').waitFor();
    await eventually(() => ready > 0);
    const told = page.locator('main li', { hasText: 'notification.created' });
    const comment = async (text: string) => {
      await fill(grace.page, { 'Your comment': text });
      await press(grace.page, 'Comment');
      await grace.page.getByText(text, { exact: true }).waitFor();
    };
    await comment('A second flock!');
    await eventually(async () => (await told.count()) === 1);
    expect(await page.getByText('Nothing has happened').isVisible()).toBe(false);
    await see(page, '08b-live');

    mayConnect = false;
    await server!.close({ code: 1012, reason: 'restart; retry-after-ms=50' });
    const attempts = connected.length;
    await eventually(() => connected.length > attempts);
    await comment('And a third one.');
    expect(await told.count()).toBe(1);
    mayConnect = true;
    await eventually(async () => (await told.count()) === 2);
    await comment('They stay.');
    await eventually(async () => (await told.count()) === 3);
    expect(connected.at(-1)).toMatch(/lastEventId=[0-9a-f-]{36}$/);
    expect(connected.join()).not.toMatch(/token|bearer/i);
    // Who is not concerned is told nothing, and nothing of Ada's is left for who signs in next.
    await grace.page.goto(address('/live'));
    await grace.page.getByText('Nothing has happened since you opened this page.').waitFor();
    await grace.page.goBack();
    await heading(grace.page, 'Swifts are back').waitFor();
    await page.unrouteAll();
    await page.goto(graceProfile);
    await heading(page, grace.name).waitFor();
  });

  it('blocks and unblocks', async () => {
    const { page } = grace;
    const graceProfile = ada.page.url();
    await page.goto(address(`/posts/${idOf(page)}`));
    await go(page, ada.name);
    await heading(page, ada.name).waitFor();
    await press(page, 'Block');
    await page.getByRole('button', { name: 'Unblock' }).waitFor();
    await see(page, '09-blocked-profile');
    await go(page, 'Feed');
    await heading(page, 'Your feed').waitFor();
    expect(await page.getByRole('link', { name: 'Swifts are back' }).count()).toBe(0);

    // For the one who is blocked there is no such profile.
    await ada.page.goto(graceProfile);
    await ada.page.reload();
    await ada.page.getByText('This does not exist, or it is not for you to see.').waitFor();
    await see(ada.page, '10-hidden-profile');

    await go(page, 'Blocked');
    await page.getByText(`@${ada.username}`).waitFor();
    await see(page, '11-blocked-people');
    await press(page, `Unblock ${ada.name}`);
    await page.getByText(`You have unblocked ${ada.name}.`).waitFor();
    await ada.page.reload();
    await heading(ada.page, grace.name).waitFor();
    await page.goto(address('/explore'));
    await fill(page, { 'Find somebody by username': ada.username });
    await press(page, 'Find');
    await heading(page, ada.name).waitFor();
    // A block ends the follows.
    const follow = page.getByRole('button', { name: 'Follow', exact: true });
    expect(await follow.getAttribute('aria-pressed')).toBe('false');
  });

  it('pages through a list by its cursor', async () => {
    const { page } = ada;
    await go(page, 'Explore');
    await heading(page, 'Explore').waitFor();
    const titles = () => page.locator('.list h2').allTextContents();
    expect(await titles()).toHaveLength(10);
    await press(page, 'Show more');
    await eventually(async () => (await titles()).length === 20);
    expect(
      new Set(
        await page
          .locator('.list h2 a')
          .evaluateAll((links) => links.map((link) => link.getAttribute('href'))),
      ).size,
    ).toBe(20);
  });

  it('does not overwrite what was changed in another tab', async () => {
    const { page, context } = ada;
    const other = await context.newPage();
    for (const tab of [page, other]) {
      await tab.goto(address('/settings'));
      await heading(tab, 'Your profile').waitFor();
    }
    await fill(page, { 'About you': 'I write programs for engines.' });
    await press(page, 'Save');
    await page.getByText('Saved.').waitFor();
    await see(page, '12-settings');
    await fill(other, { Name: 'Countess' });
    await press(other, 'Save');
    await other.getByText('You have changed this in another tab').waitFor();
    await other.close();
    // What this tab has saved is what it changes next.
    await fill(page, { 'About you': 'x'.repeat(301) });
    await press(page, 'Save');
    await page.getByText('at most 300 characters.').last().waitFor();
    await fill(page, { 'About you': 'I write programs.' });
    await press(page, 'Save');
    await page.getByText('Saved.').waitFor();
  });

  it('has a label for every field, works with the keyboard and fits a phone', async () => {
    const { page } = grace;
    for (const path of ['/feed', '/explore', '/settings', '/blocked']) {
      await page.goto(address(path));
      await page.locator('main h1').waitFor();
      const unnamed = await page.evaluate(
        "[...document.querySelectorAll('input, textarea')].filter(({ labels }) => labels.length === 0).length",
      );
      const tooWide = await page.evaluate('document.documentElement.scrollWidth > innerWidth');
      expect([path, unnamed, tooWide]).toEqual([path, 0, false]);
    }
    await page.goto(address('/feed'));
    await page.reload();
    await heading(page, 'Your feed').waitFor();
    await page.keyboard.press('Tab');
    expect(await page.evaluate('document.activeElement.textContent')).toBe('Skip to the content');
    await press(page, 'Sign out');
    await page.emulateMedia({ colorScheme: 'dark' });
    await heading(page, 'Sign in').waitFor();
    await see(page, '13-dark');
  });
});
