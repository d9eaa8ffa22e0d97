import { createServer, type IncomingHttpHeaders, type Server } from 'node:http';
import { mkdtempSync, rmSync } from 'node:fs';
import { type AddressInfo, createServer as createTcp, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text as textOf } from 'node:stream/consumers';
import { Reject, Snooze } from '@rookery/messaging';
import { HealthChecks } from '@rookery/observability';
import { Transaction } from '@rookery/persistence';
import { RedisConnections, RedisSettings } from '@rookery/redis';
import { Inbox } from '@rookery/testing';
import { TestLedger } from '@rookery/testing/ledger';
import { type RunningMailbox, startMailbox } from '../../tools/parts/mailbox.mts';
import { startRedis } from '../../tools/parts/redis.mts';
import { defineMail, Mail, MailSettings, Suppressions } from '.';
import { ProviderLimits } from './provider-limits';

const source = { subject: 'On {{topic}}', body: ['Text: {{topic}}'] };
const note = defineMail<{ topic: string }>('test-note', {
  transactional: true,
  sample: { topic: 'x' },
  en: source,
  de: { subject: 'Zu {{topic}}', body: ['Es geht um {{topic}}'] },
});
const newsletter = defineMail<{ topic: string }>('test-newsletter', {
  transactional: false,
  sample: { topic: 'x' },
  en: source,
  de: source,
});
const unsubscribe = { post: 'https://rookery.test/v1/off/t', page: 'https://rookery.test/off?token=t' };

interface Received {
  path: string;
  headers: IncomingHttpHeaders;
  // eslint-disable-next-line @typescript-eslint/no-explicit-any
  body: any;
}

/** A server that speaks as much of a provider's protocol as answers need, and remembers what it was sent. */
class FakeProvider {
  readonly received: Received[] = [];
  /** What the next requests are answered with; `hang` closes the connection after it has read the request. */
  answers: ({ status: number; body?: object; headers?: Record<string, string> } | 'hang')[] = [];
  private readonly server: Server = createServer((request, response) => {
    void textOf(request).then((body) => {
      this.received.push({ path: request.url!, headers: request.headers, body: JSON.parse(body) });
      const answer = this.answers.shift() ?? { status: 200, body: { id: '1' } };
      if (answer === 'hang') return request.socket.destroy();
      return response
        .writeHead(answer.status, { 'content-type': 'application/json', ...answer.headers })
        .end(JSON.stringify(answer.body ?? {}));
    });
  });

  async start(): Promise<string> {
    await new Promise<void>((done) => this.server.listen(0, '127.0.0.1', done));
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  stop(): void {
    this.server.closeAllConnections();
    this.server.close();
  }
}

/**
 * An SMTP server whose replies a test writes: `say` answers what a client says, undefined closes the connection.
 */
async function smtpServer(say: (said: string) => string | undefined): Promise<{ url: string; stop(): void }> {
  const sockets = new Set<Socket>();
  const server = createTcp((socket) => {
    let reading = false;
    sockets.add(socket);
    socket.on('error', () => undefined);
    socket.write('220 hello\r\n');
    socket.on('data', (data) => {
      const said = data.toString();
      if (reading && !said.endsWith('\r\n.\r\n')) return;
      const reply = said.startsWith('DATA') ? '354 go on' : say(reading ? 'MESSAGE' : said);
      reading = said.startsWith('DATA');
      if (reply === undefined) socket.destroy();
      else socket.write(`${reply}\r\n`);
    });
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  return {
    url: `smtp://127.0.0.1:${(server.address() as AddressInfo).port}`,
    stop: () => {
      for (const socket of sockets) socket.destroy();
      server.close();
    },
  };
}

const failure = (sending: Promise<unknown>) =>
  sending.then(
    () => undefined,
    (error: unknown) => error,
  );

describe('Sending a mail', () => {
  const folder = mkdtempSync(join(tmpdir(), 'mail-'));
  const provider = new FakeProvider();
  const opened: Mail[] = [];
  let mailbox: RunningMailbox;
  let inbox: Inbox;
  let ledger: TestLedger;
  let providerUrl: string;
  let redis: Awaited<ReturnType<typeof startRedis>>;
  let connections: RedisConnections;

  beforeAll(async () => {
    [mailbox, redis, providerUrl, ledger] = await Promise.all([
      startMailbox({ dataDir: folder }),
      startRedis({ dataDir: join(folder, 'redis'), durable: false }),
      provider.start(),
      TestLedger.start({ providers: [Suppressions] }),
    ]);
    inbox = new Inbox(mailbox.url);
    connections = new RedisConnections(new RedisSettings({ REDIS_URL: redis.url }), new HealthChecks());
  });
  afterAll(async () => {
    for (const mail of opened) mail.onApplicationShutdown();
    provider.stop();
    connections.onApplicationShutdown();
    await Promise.all([mailbox.stop(), redis.stop(), ledger.stop()]);
    rmSync(folder, { recursive: true });
  });
  afterEach(async () => {
    provider.received.length = 0;
    provider.answers = [];
    await Promise.all([inbox.accept(), connections.shared.flushall()]);
  });

  function mailBy(own: NodeJS.ProcessEnv = {}): Mail {
    const settings = new MailSettings({
      SMTP_URL: mailbox.smtpUrl,
      MAIL_FROM: 'Rookery <no-reply@rookery.test>',
      RESEND_URL: providerUrl,
      RESEND_API_KEY: 're_key',
      SENDGRID_URL: providerUrl,
      SENDGRID_API_KEY: 'SG.key',
      SES_ENDPOINT: providerUrl,
      SES_REGION: 'eu-central-1',
      SES_ACCESS_KEY_ID: 'AKID',
      SES_SECRET_ACCESS_KEY: 'secret',
      ...own,
    });
    const limits = new ProviderLimits(settings, connections);
    const mail = new Mail(
      settings,
      limits,
      ledger.get(Suppressions),
      ledger.get(Transaction),
      new HealthChecks(),
    );
    opened.push(mail);
    return mail;
  }

  const suppress = (address: string, reason: 'bounce' | 'complaint') =>
    ledger.run(() =>
      ledger.get(Suppressions).add('smtp', [{ address, reason, detail: `<${address}> is gone` }]),
    );

  describe('over SMTP', () => {
    it('delivers both parts to the recipient, in their language', async () => {
      const mail = mailBy();
      await mail.send('ada@example.com', note, { topic: 'looms & <engines>' }, 'key 1');
      expect(await inbox.of('ada@example.com')).toEqual([
        expect.objectContaining({
          to: ['ada@example.com'],
          from: 'no-reply@rookery.test',
          subject: 'On looms & <engines>',
          text: expect.stringContaining('Text: looms & <engines>'),
          html: expect.stringContaining('Text: looms &amp; &lt;engines&gt;'),
        }),
      ]);
      await mail.send('grete@example.com', note, { topic: 'Webstühle' }, 'key 1b', { language: 'de-AT' });
      expect(await inbox.of('grete@example.com')).toMatchObject([{ subject: 'Zu Webstühle' }]);
    });

    it('has the same Message-ID when it is repeated', async () => {
      const mail = mailBy();
      for (const key of ['event 1:welcome', 'event 1:welcome', 'event 2:welcome']) {
        await mail.send('grace@example.com', note, { topic: 'x' }, key);
      }
      const [third, second, first] = (await inbox.of('grace@example.com')).map(({ messageId }) => messageId);
      expect(second).toBe(first);
      expect(third).not.toBe(first);
      expect(first).toMatch(/^<[0-9a-f]{32}@rookery\.test>$/);
    });

    it('adds no header and no recipient from a variable', async () => {
      await mailBy().send(
        'joan@example.com',
        note,
        { topic: 'x\r\nBcc: eve@example.com\r\nX-Evil: 1' },
        'key 3',
      );
      const [received] = await inbox.of('joan@example.com');
      expect(received).toMatchObject({
        to: ['joan@example.com'],
        subject: 'On x Bcc: eve@example.com X-Evil: 1',
      });
      expect(Object.keys((received as unknown as { headers: object }).headers)).not.toContain('x-evil');
      expect(await inbox.of('eve@example.com')).toEqual([]);
    });

    it.each([
      'one@example.com,eve@example.com',
      '"one, eve@example.com,"@example.com',
      'x <eve@example.com>',
    ])('goes to nobody else when the address is %s', async (to) => {
      await mailBy()
        .send(to, note, { topic: 'x' }, 'key 7')
        .catch(() => undefined);
      expect(await inbox.of('eve@example.com')).toEqual([]);
      expect(await inbox.of('one@example.com')).toEqual([]);
    });

    it.each([550, 553, 554])('is not retried if the server rejects it with %i', async (code) => {
      await inbox.refuse('nobody@example.com', code);
      const sending = mailBy().send('nobody@example.com', note, { topic: 'x' }, 'key 4');
      expect(await failure(sending)).toBeInstanceOf(Reject);
    });

    it.each([421, 450, 452])('is retried if the server replies %i', async (code) => {
      const mail = mailBy();
      await inbox.refuse('full@example.com', code);
      const error = await failure(mail.send('full@example.com', note, { topic: 'x' }, 'key 5'));
      expect(error).toBeDefined();
      expect(error).not.toBeInstanceOf(Reject);
      await inbox.accept();
      await mail.send('full@example.com', note, { topic: 'x' }, 'key 5');
      expect((await inbox.of('full@example.com')).length).toBeGreaterThan(0);
    });

    it('is retried if there is no server', async () => {
      const nowhere = mailBy({ SMTP_URL: 'smtp://127.0.0.1:1' });
      const error = await failure(nowhere.send('ada@example.com', note, { topic: 'x' }, 'key 6'));
      expect(error).toBeDefined();
      expect(error).not.toBeInstanceOf(Reject);
    });

    it('can be unsubscribed from with one click, unless it is transactional', async () => {
      const mail = mailBy();
      const headersOf = async (address: string) => {
        const id = (await inbox.of(address))[0]!.id;
        const raw = await (await fetch(`${mailbox.url}/api/messages/${id}/raw`)).text();
        return raw.slice(0, raw.indexOf('\r\n\r\n')).replaceAll(/\r\n\s+/g, ' ');
      };
      await mail.send('sub@example.com', newsletter, { topic: 'x' }, 'key 8', { unsubscribe });
      expect(await headersOf('sub@example.com')).toContain(
        'List-Unsubscribe: <https://rookery.test/v1/off/t>',
      );
      expect(await headersOf('sub@example.com')).toContain(
        'List-Unsubscribe-Post: List-Unsubscribe=One-Click',
      );
      await mail.send('code@example.com', note, { topic: 'x' }, 'key 9', { unsubscribe });
      expect(await headersOf('code@example.com')).not.toContain('List-Unsubscribe');
      const without = mail.send('sub@example.com', newsletter, { topic: 'x' }, 'key 10');
      expect(await failure(without)).toBeInstanceOf(Reject);
    });
  });

  describe('over Resend', () => {
    const send = (to = 'ada@example.com', mail = mailBy({ MAIL_PROVIDERS: 'resend' }), key = 'key r') =>
      mail.send(to, note, { topic: 'looms' }, key);

    it('is one request with an idempotency key that repetitions share', async () => {
      await send();
      await send();
      const [first, second] = provider.received;
      expect(first).toMatchObject({
        path: '/emails',
        headers: {
          authorization: 'Bearer re_key',
          'idempotency-key': expect.stringMatching(/^[0-9a-f]{64}$/),
        },
        body: {
          from: 'Rookery <no-reply@rookery.test>',
          to: ['ada@example.com'],
          subject: 'On looms',
          text: 'Text: looms\n',
          html: expect.stringContaining('Text: looms'),
          headers: { 'Message-ID': expect.stringMatching(/^<.+@rookery\.test>$/) },
        },
      });
      expect(second!.headers['idempotency-key']).toBe(first!.headers['idempotency-key']);
    });

    it.each([400, 422])('is refused for good with %i', async (status) => {
      provider.answers = [{ status, body: { name: 'validation_error' } }];
      expect(await failure(send())).toBeInstanceOf(Reject);
    });

    it.each([401, 403, 429, 500, 503])('is sent later after %i', async (status) => {
      provider.answers = [{ status }];
      const error = await failure(send());
      expect(error).toBeInstanceOf(Error);
      expect(error).not.toBeInstanceOf(Reject);
    });

    it('was sent if its key is known with another body, and is still being sent if it is in use', async () => {
      provider.answers = [{ status: 409, body: { name: 'invalid_idempotent_request' } }];
      expect(await failure(send())).toBeUndefined();
      provider.answers = [{ status: 409, body: { name: 'concurrent_idempotent_requests' } }];
      expect(await failure(send())).toBeInstanceOf(Error);
    });

    const many = Array.from({ length: 230 }, (_, nr) => ({
      to: `many${nr}@example.com`,
      variables: { topic: String(nr) },
      key: `many ${nr}`,
    }));
    const sendMany = async (
      addressed: typeof many,
      recorded: () => Promise<void> = async () => undefined,
      signal = new AbortController().signal,
    ) => {
      const over: typeof many = [];
      const mail = mailBy({ MAIL_PROVIDERS: 'resend' });
      const why = await mail.sendMany(note, addressed, {
        signal,
        over: async (part: readonly (typeof many)[number][]) => {
          over.push(...part);
          await recorded();
        },
      });
      return { failure: why, over };
    };

    it('sends many with one request', async () => {
      const addressed = many.slice(0, 130);
      const { failure: none, over } = await sendMany(addressed);
      expect(none).toBeUndefined();
      expect(over).toEqual(addressed);
      expect(provider.received.map(({ path, body }) => [path, body.length])).toEqual([
        ['/emails/batch', 100],
        ['/emails/batch', 30],
      ]);
    });

    it('sends the others if one of many is refused', async () => {
      provider.answers = [{ status: 422 }, { status: 200 }, { status: 500 }, { status: 422 }];
      const addressed = ['a', 'b', 'c'].map((name) => ({
        to: `${name}@example.com`,
        variables: { topic: name },
        key: name,
      }));
      const { failure: why, over } = await sendMany(addressed);
      expect(provider.received).toHaveLength(4);
      expect(why).toBeInstanceOf(Error);
      expect(over).toHaveLength(2);
    });

    it('records each part that was sent, also if another one fails', async () => {
      provider.answers = [{ status: 200 }, { status: 409, body: { name: 'concurrent_idempotent_requests' } }];
      const { failure: why, over } = await sendMany(many);
      expect(why).toBeInstanceOf(Error);
      expect(over).toEqual([...many.slice(0, 100), ...many.slice(200)]);
    });

    it('sends no further batch after an abort, or if the previous one was not recorded', async () => {
      const abort = new AbortController();
      const stopped = await sendMany(many, async () => abort.abort(new Error('Too late.')), abort.signal);
      expect(stopped.failure).toMatchObject({ message: 'Too late.' });
      const broken = sendMany(many, async () => {
        throw new Error('Not recorded.');
      });
      await expect(broken).rejects.toThrow('Not recorded.');
      expect(provider.received.map(({ body }) => body.length)).toEqual([100, 100]);
    });
  });

  describe('over SendGrid', () => {
    const send = (mail = mailBy({ MAIL_PROVIDERS: 'sendgrid' })) =>
      mail.send('ada@example.com', newsletter, { topic: 'looms' }, 'key s', { unsubscribe });

    it('is one request, without click tracking', async () => {
      provider.answers = [{ status: 202 }];
      await send();
      expect(provider.received).toMatchObject([
        {
          path: '/v3/mail/send',
          headers: { authorization: 'Bearer SG.key' },
          body: {
            personalizations: [{ to: [{ email: 'ada@example.com' }] }],
            from: { email: 'no-reply@rookery.test', name: 'Rookery' },
            subject: 'On looms',
            content: [
              { type: 'text/plain', value: expect.stringContaining('Text: looms') },
              { type: 'text/html' },
            ],
            headers: {
              'List-Unsubscribe': '<https://rookery.test/v1/off/t>',
              'Message-ID': expect.any(String),
            },
            tracking_settings: { click_tracking: { enable: false } },
          },
        },
      ]);
    });

    it.each([
      [400, true],
      [413, true],
      [401, false],
      [429, false],
      [500, false],
    ])('is answered %i: refused for good is %s', async (status, refused) => {
      provider.answers = [{ status, body: { errors: [{ message: 'no' }] } }];
      const error = await failure(send());
      expect(error).toBeInstanceOf(Error);
      expect(error instanceof Reject).toBe(refused);
    });
  });

  describe('over SES', () => {
    const send = (mail = mailBy({ MAIL_PROVIDERS: 'ses' })) =>
      mail.send('ada@example.com', newsletter, { topic: 'looms' }, 'key a', { unsubscribe });

    it('is one signed request', async () => {
      provider.answers = [{ status: 200, body: { MessageId: '1' } }];
      await send();
      expect(provider.received).toMatchObject([
        {
          path: '/v2/email/outbound-emails',
          headers: {
            authorization: expect.stringMatching(
              /^AWS4-HMAC-SHA256 Credential=AKID\/\d+\/eu-central-1\/ses\//,
            ),
          },
          body: {
            FromEmailAddress: 'Rookery <no-reply@rookery.test>',
            Destination: { ToAddresses: ['ada@example.com'] },
            Content: {
              Simple: {
                Subject: { Data: 'On looms' },
                Body: { Text: { Data: expect.stringContaining('Text: looms') }, Html: { Charset: 'UTF-8' } },
                Headers: expect.arrayContaining([
                  { Name: 'List-Unsubscribe', Value: '<https://rookery.test/v1/off/t>' },
                ]),
              },
            },
          },
        },
      ]);
    });

    it.each([
      [400, 'MessageRejected', true],
      [400, 'BadRequestException', true],
      [400, 'SendingPausedException', false],
      [403, 'SignatureDoesNotMatch', false],
      [429, 'TooManyRequestsException', false],
      [500, 'InternalFailure', false],
    ])('is answered %i %s: refused for good is %s', async (status, name, refused) => {
      provider.answers = [{ status, headers: { 'x-amzn-errortype': name }, body: { message: 'no' } }];
      const error = await failure(send());
      expect(error).toBeInstanceOf(Error);
      expect(error instanceof Reject).toBe(refused);
      expect(provider.received).toHaveLength(1);
    });
  });

  describe('with several providers', () => {
    it('is sent by the next one if the first is away, busy or misconfigured', async () => {
      const mail = mailBy({ MAIL_PROVIDERS: 'resend,smtp' });
      for (const status of [503, 429, 401]) {
        provider.answers = [{ status }];
        await mail.send(`over${status}@example.com`, note, { topic: 'x' }, `key ${status}`);
        expect(await inbox.of(`over${status}@example.com`)).toHaveLength(1);
      }
    });

    it('uses a provider last after three failures, for a while', async () => {
      const mail = mailBy({ MAIL_PROVIDERS: 'resend,smtp' });
      provider.answers = [{ status: 503 }, { status: 503 }, { status: 503 }];
      for (let nr = 0; nr < 5; nr += 1)
        await mail.send(`rest${nr}@example.com`, note, { topic: 'x' }, `key rest ${nr}`);
      expect(provider.received).toHaveLength(3);
      await inbox.refuse('*', 450);
      await mail.send('back@example.com', note, { topic: 'x' }, 'key back');
      expect(provider.received).toHaveLength(4);
    });

    it('is not sent by another if the first may have accepted it; the next attempt uses the first again', async () => {
      const mail = mailBy({ MAIL_PROVIDERS: 'resend,smtp' });
      provider.answers = ['hang'];
      const sending = mail.send('once@example.com', note, { topic: 'x' }, 'key doubt');
      expect(await failure(sending)).toMatchObject({ message: expect.any(String) });
      await mail.send('once@example.com', note, { topic: 'x' }, 'key doubt');
      expect(await inbox.of('once@example.com')).toEqual([]);
      const keys = provider.received.map(({ headers }) => headers['idempotency-key']);
      expect(keys).toHaveLength(2);
      expect(keys[1]).toBe(keys[0]);
    });

    it('may have been sent if a mail server goes away after it has read all of it', async () => {
      const server = await smtpServer((said) => (said === 'MESSAGE' ? undefined : '250 ok'));
      const mail = mailBy({ MAIL_PROVIDERS: 'smtp,resend', SMTP_URL: server.url });
      const error = await failure(mail.send('lost@example.com', note, { topic: 'x' }, 'key lost'));
      server.stop();
      expect(error).toBeDefined();
      expect(error).not.toBeInstanceOf(Reject);
      expect(provider.received).toEqual([]);
    });

    it('is sent by the next one if the mail server refuses the password', async () => {
      const server = await smtpServer((said) =>
        said.startsWith('AUTH') ? '535 5.7.8 wrong' : '250-hello\r\n250 AUTH PLAIN',
      );
      const mail = mailBy({
        MAIL_PROVIDERS: 'smtp,resend',
        SMTP_URL: server.url.replace('//', '//rookery:wrong@'),
      });
      await mail.send('auth@example.com', note, { topic: 'x' }, 'key auth');
      server.stop();
      expect(provider.received).toHaveLength(1);
    });

    it('remembers an address that nobody has', async () => {
      const server = await smtpServer((said) =>
        said.startsWith('RCPT') ? '550 5.1.1 no such user' : '250 ok',
      );
      const mail = mailBy({ SMTP_URL: server.url });
      const error = await failure(mail.send('nobody-here@example.com', note, { topic: 'x' }, 'key nobody'));
      server.stop();
      expect(error).toBeInstanceOf(Reject);
      expect(await ledger.get(Suppressions).reasonFor('nobody-here@example.com')).toBe('bounce');
    });

    it('is not sent by another if it was refused', async () => {
      provider.answers = [{ status: 422 }];
      const mail = mailBy({ MAIL_PROVIDERS: 'resend,smtp' });
      expect(await failure(mail.send('bad@example.com', note, { topic: 'x' }, 'key bad'))).toBeInstanceOf(
        Reject,
      );
      expect(await inbox.of('bad@example.com')).toEqual([]);
    });
  });

  it('waits when the limit of a provider for all processes is reached', async () => {
    const settings = { MAIL_PROVIDERS: 'smtp', MAIL_LIMITS: 'smtp=3/3600' };
    const [one, other] = [mailBy(settings), mailBy(settings)];
    const outcomes: unknown[] = [];
    for (const [nr, mail] of [one, other, one, other, one].entries())
      outcomes.push(await failure(mail.send(`rate${nr}@example.com`, note, { topic: 'x' }, `rate ${nr}`)));
    expect(outcomes.slice(0, 3)).toEqual([undefined, undefined, undefined]);
    for (const error of outcomes.slice(3)) {
      expect(error).toBeInstanceOf(Snooze);
      expect((error as Snooze).delayMs).toBeGreaterThan(1_000_000);
      expect((error as Snooze).delayMs).toBeLessThanOrEqual(2 * 1_200_000);
    }
  });

  it('reserves half of the limit for mails that somebody waits for', async () => {
    const mail = mailBy({ MAIL_PROVIDERS: 'resend', MAIL_LIMITS: 'resend=4/7200' });
    const bulk = (nr: number) =>
      failure(mail.send(`b${nr}@example.com`, newsletter, { topic: 'x' }, `b ${nr}`, { unsubscribe }));
    const code = (nr: number) => failure(mail.send(`c${nr}@example.com`, note, { topic: 'x' }, `c ${nr}`));
    expect([await bulk(1), await bulk(2)]).toEqual([undefined, undefined]);
    expect(await bulk(3)).toBeInstanceOf(Snooze);
    expect([await code(1), await code(2)]).toEqual([undefined, undefined]);
    expect(await code(3)).toBeInstanceOf(Snooze);
  });

  it.each([
    ['half of a share', 'resend=5/7200', 2, 3],
    ['a share of one, which has no half', 'resend=1/7200', 1, 0],
  ])('gives those that are sent together no more than %s', async (_what, share, bulk, codes) => {
    const mail = mailBy({ MAIL_PROVIDERS: 'resend', MAIL_LIMITS: share });
    const addressed = Array.from({ length: 4 }, (_, nr) => ({
      to: `half${nr}@example.com`,
      variables: { topic: 'x' },
      key: `half ${share} ${nr}`,
      options: { unsubscribe },
    }));
    const over: object[] = [];
    const why = await mail.sendMany(newsletter, addressed, {
      signal: new AbortController().signal,
      over: async (part) => void over.push(...part),
    });
    expect(why).toBeInstanceOf(Snooze);
    expect(over).toEqual(addressed.slice(0, bulk));
    const outcomes: unknown[] = [];
    for (let nr = 0; nr <= codes; nr += 1)
      outcomes.push(
        await failure(mail.send('code@example.com', note, { topic: 'x' }, `code ${share} ${nr}`)),
      );
    expect(outcomes.slice(0, codes)).toEqual(Array(codes).fill(undefined));
    expect(outcomes[codes]).toBeInstanceOf(Snooze);
  });

  describe('to a suppressed address', () => {
    it('is skipped, and fails if it is transactional', async () => {
      await suppress('Dead@Example.com', 'bounce');
      const mail = mailBy();
      await mail.send('dead@example.com', newsletter, { topic: 'x' }, 'key d1', { unsubscribe });
      expect(await failure(mail.send('dead@example.com', note, { topic: 'x' }, 'key d2'))).toBeInstanceOf(
        Reject,
      );
      expect(await inbox.of('dead@example.com')).toEqual([]);
    });

    it('sends only transactional mail after a complaint', async () => {
      await suppress('angry@example.com', 'complaint');
      const mail = mailBy();
      await mail.send('angry@example.com', newsletter, { topic: 'News' }, 'key c1', { unsubscribe });
      await mail.send('angry@example.com', note, { topic: 'Warning' }, 'key c2');
      expect(await inbox.of('angry@example.com')).toMatchObject([{ subject: 'On Warning' }]);
    });

    it('stores no address, and shows no more than its beginning and its domain', async () => {
      await suppress('unmistakable@example.com', 'bounce');
      const rows = await ledger.sql('SELECT to_jsonb(s) AS row FROM mail.suppressions s');
      expect(JSON.stringify(rows)).not.toContain('unmistakable');
      expect(await ledger.get(Suppressions).find('UNMISTAKABLE@example.com')).toMatchObject([
        { address: 'u…@example.com', reason: 'bounce', detail: '<u…@example.com> is gone' },
      ]);
    });

    it('keeps the more severe of two reasons', async () => {
      await suppress('both@example.com', 'complaint');
      await suppress('both@example.com', 'bounce');
      await suppress('both@example.com', 'complaint');
      expect(await ledger.get(Suppressions).reasonFor('both@example.com')).toBe('bounce');
    });
  });
});
