import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { enroll } from '@rookery/contexts/identity/testing';
import { comment, publish } from '@rookery/contexts/social/testing';
import { eventually, type Person, privateSystem } from '@rookery/testing';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { startBrowser } from '../tools/parts/browser.mts';

// The first run on a machine may have to download the browser.
jest.setTimeout(300_000);

/** A response as the page sees it. */
interface Seen {
  status: number;
  headers: Record<string, string>;
  // oxlint-disable-next-line typescript/no-explicit-any
  body: any;
}

describe('a page in a browser', () => {
  let app: Server;
  let api: string;
  let browser: Browser;
  let context: BrowserContext;
  let page: Page;

  beforeAll(async () => {
    // An app of another origin in one browser: it stores tokens per account, but the HTTP cache is shared.
    app = createServer((_request, response) => {
      response.setHeader('content-type', 'text/html').end('<!doctype html><title>An app</title>');
    }).listen(0, '127.0.0.1');
    await new Promise((resolve) => app.once('listening', resolve));
  });
  const system = privateSystem(() => ({ CORS_ORIGINS: originOf(app) }));
  beforeAll(async () => {
    api = system.addresses.apiUrl;
    browser = await startBrowser();
  });
  afterAll(async () => {
    await browser?.close();
    app?.close();
  });
  beforeEach(async () => {
    context = await browser.newContext();
    page = await context.newPage();
    await page.goto(originOf(app));
  });
  afterEach(() => context.close());

  const originOf = (server: Server) => `http://127.0.0.1:${(server.address() as AddressInfo).port}`;

  /** Lets the page send a request like any app: with its token; the browser decides everything else. */
  const get = (path: string, headers: Record<string, string> = {}): Promise<Seen> =>
    page.evaluate(
      async ([url, own]) => {
        const answer = await fetch(url, { headers: own });
        const text = await answer.text();
        return {
          status: answer.status,
          headers: Object.fromEntries(answer.headers),
          body: text.startsWith('{') ? JSON.parse(text) : text,
        };
      },
      [api + path, headers] as const,
    );
  const getAs = ({ token }: Person, path: string) => get(path, { authorization: `Bearer ${token}` });

  it('shows the second user to sign in their own account, not that of the first', async () => {
    const [ada, grace] = [await enroll(system), await enroll(system)];
    expect((await getAs(ada, '/v1/me')).body.id).toBe(ada.id);
    expect((await getAs(grace, '/v1/me')).body.id).toBe(grace.id);
    expect((await getAs(ada, '/v1/me')).body.id).toBe(ada.id);
  });

  it('shows a post with the comments and the author’s name that it has now', async () => {
    const [ada, grace] = [await enroll(system, { name: 'Ada' }), await enroll(system)];
    const { id } = await publish(system, ada);
    expect((await getAs(ada, `/v1/posts/${id}`)).body.commentsCount).toBe(0);
    await comment(system, grace, id);
    expect((await getAs(ada, `/v1/posts/${id}`)).body.commentsCount).toBe(1);
    await system.ask('PATCH /v1/me', {
      token: ada.token,
      headers: { 'if-match': '*' },
      body: { name: 'Ada King' },
    });
    await eventually(async () => (await getAs(ada, `/v1/posts/${id}`)).body.author.name === 'Ada King');
  });

  it('keeps what has not changed: the server says so without sending it again', async () => {
    const ada = await enroll(system);
    await getAs(ada, '/v1/me');
    const statuses: number[] = [];
    const cdp = await context.newCDPSession(page);
    cdp.on('Network.responseReceivedExtraInfo', ({ statusCode }) => statuses.push(statusCode));
    await cdp.send('Network.enable');
    expect((await getAs(ada, '/v1/me')).body.id).toBe(ada.id);
    await eventually(() => statuses.includes(304)); // reported on a separate channel
  });

  it('stores nothing of responses that are not revalidated', async () => {
    const ada = await enroll(system);
    await publish(system, ada);
    await page.goto(`${api}/v1/docs`);
    expect((await getAs(ada, '/v1/feed')).body.data).toHaveLength(1);
    // What a script would find on an unattended computer if it were cached.
    const kept = await page.evaluate(() =>
      fetch('/v1/feed', { cache: 'only-if-cached', mode: 'same-origin' }).then(
        ({ status }) => status,
        () => 'nothing',
      ),
    );
    expect([504, 'nothing']).toContain(kept);
  });

  it('reads, from another origin, how to sign in and what a download is called', async () => {
    expect(await get('/v1/me')).toMatchObject({
      status: 401,
      headers: { 'www-authenticate': expect.stringMatching(/^Bearer/) },
    });
    const ada = await enroll(system);
    const { body } = await system.ask('POST /v1/me/exports', { token: ada.token });
    await eventually(async () => (await getAs(ada, `/v1/operations/${body.id}`)).body.status === 'succeeded');
    const download = await getAs(ada, `/v1/operations/${body.id}/result`);
    expect(download.headers).toMatchObject({
      'content-disposition': expect.stringContaining('rookery-export.json'),
      'cache-control': 'private, no-store',
    });
    expect(download.body.userId).toBe(ada.id);
  });

  it('names, on the page for a new password, each rule that it violates', async () => {
    const { email } = await enroll(system);
    await system.ask('POST /v1/auth/password/forgot', { body: { email } });
    const { text } = await system.inbox.latest(email, /Set a new/);
    await page.goto(`${api}/reset?token=${/token=([\w-]+)/.exec(text)![1]!}`);
    await page.getByLabel('New password').fill('qwertyuiopasdf');
    await page.getByRole('button').click();
    await page.getByText(/choose another password\..*a sequence of the keyboard/).waitFor();
    await page.getByLabel('New password').fill('correct horse battery');
    await page.getByRole('button').click();
    await page.getByText('Your new password is set.').waitFor();
  });

  it('masks a new password, and takes it from the clipboard and from a password manager', async () => {
    await page.goto(`${api}/reset?token=none`);
    const field = page.getByLabel('New password');
    expect([await field.getAttribute('type'), await field.getAttribute('autocomplete')]).toEqual([
      'password',
      'new-password',
    ]);
    await page.evaluate(`document.body.append(document.createElement('textarea'))`);
    const note = page.locator('textarea');
    await note.fill('correct horse battery');
    await note.press('ControlOrMeta+A');
    await note.press('ControlOrMeta+C');
    await field.press('ControlOrMeta+V');
    await expect(field.inputValue()).resolves.toBe('correct horse battery');
  });

  it.each([
    ['/v1/docs', 'public, max-age=300'],
    ['/v1/admin/board', 'private, no-store'],
    ['/problems', 'public, max-age=3600'],
    ['/activate', 'no-store'],
    ['/reset-password', 'no-store'],
  ])('shows %s without asking anybody else for anything', async (path, kept) => {
    const operator = await browser.newContext({ httpCredentials: { username: 'ops', password: 'ops' } });
    const shown = await operator.newPage();
    const asked: string[] = [];
    const complaints: string[] = [];
    shown.on('request', (request) => asked.push(request.url()));
    shown.on('console', (message) => message.type() === 'error' && complaints.push(message.text()));
    const response = await shown.goto(api + path, { waitUntil: 'networkidle' });
    expect([response!.status(), response!.headers()['cache-control']]).toEqual([200, kept]);
    expect(asked.filter((url) => !url.startsWith(api) && !url.startsWith('data:'))).toEqual([]);
    expect(complaints.filter((text) => !text.includes('favicon.ico'))).toEqual([]);
    await operator.close();
  });
});
