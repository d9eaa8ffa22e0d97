import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Reject } from '@rookery/messaging';
import { HealthChecks } from '@rookery/observability';
import { Inbox } from '@rookery/testing';
import { type RunningMailbox, startMailbox } from '../../tools/parts/mailbox.mts';
import { defineMail, Mail, MailSettings } from '.';

const note = defineMail<{ topic: string }>({
  subject: 'On {{topic}}',
  text: 'Text: {{topic}}',
  html: '<b>{{topic}}</b>',
});

describe('Sending a mail', () => {
  const folder = mkdtempSync(join(tmpdir(), 'mail-'));
  let mailbox: RunningMailbox;
  let inbox: Inbox;
  let mail: Mail;

  beforeAll(async () => {
    mailbox = await startMailbox({ dataDir: folder });
    inbox = new Inbox(mailbox.url);
    mail = mailTo(mailbox.smtpUrl);
  });
  afterAll(async () => {
    mail.onApplicationShutdown();
    await mailbox.stop();
    rmSync(folder, { recursive: true });
  });
  afterEach(() => inbox.accept());

  function mailTo(smtpUrl: string): Mail {
    const settings = new MailSettings({ SMTP_URL: smtpUrl, MAIL_FROM: 'Rookery <no-reply@rookery.test>' });
    return new Mail(settings, new HealthChecks());
  }

  const failure = (sending: Promise<void>) =>
    sending.then(
      () => undefined,
      (error: unknown) => error,
    );

  it('delivers both parts to the one it is meant for', async () => {
    await mail.send('ada@example.com', note, { topic: 'looms & <engines>' }, 'key 1');
    expect(await inbox.of('ada@example.com')).toEqual([
      expect.objectContaining({
        to: ['ada@example.com'],
        from: 'no-reply@rookery.test',
        subject: 'On looms & <engines>',
        text: expect.stringContaining('Text: looms & <engines>'),
        html: expect.stringContaining('<b>looms &amp; &lt;engines&gt;</b>'),
      }),
    ]);
  });

  it('says by its Message-ID when it is the same mail again', async () => {
    for (const key of ['event 1:welcome', 'event 1:welcome', 'event 2:welcome']) {
      await mail.send('grace@example.com', note, { topic: 'x' }, key);
    }
    const [third, second, first] = (await inbox.of('grace@example.com')).map(({ messageId }) => messageId);
    expect(second).toBe(first);
    expect(third).not.toBe(first);
    expect(first).toMatch(/^<[0-9a-f]{32}@rookery\.test>$/);
  });

  it('adds no header and no recipient from a variable', async () => {
    await mail.send('joan@example.com', note, { topic: 'x\r\nBcc: eve@example.com\r\nX-Evil: 1' }, 'key 3');
    const [received] = await inbox.of('joan@example.com');
    expect(received).toMatchObject({
      to: ['joan@example.com'],
      subject: 'On x Bcc: eve@example.com X-Evil: 1',
    });
    expect(Object.keys((received as unknown as { headers: object }).headers)).not.toContain('x-evil');
    expect(await inbox.of('eve@example.com')).toEqual([]);
  });

  it.each(['one@example.com,eve@example.com', '"one, eve@example.com,"@example.com', 'x <eve@example.com>'])(
    'goes to nobody else when the address is %s',
    async (to) => {
      await mail.send(to, note, { topic: 'x' }, 'key 7').catch(() => undefined);
      expect(await inbox.of('eve@example.com')).toEqual([]);
      expect(await inbox.of('one@example.com')).toEqual([]);
    },
  );

  it.each([550, 553, 554])('is not retried if the server rejects it with %i', async (code) => {
    await inbox.refuse('nobody@example.com', code);
    expect(await failure(mail.send('nobody@example.com', note, { topic: 'x' }, 'key 4'))).toBeInstanceOf(
      Reject,
    );
  });

  it.each([421, 450, 452])('is retried if the server replies %i', async (code) => {
    await inbox.refuse('full@example.com', code);
    const error = await failure(mail.send('full@example.com', note, { topic: 'x' }, 'key 5'));
    expect(error).toBeDefined();
    expect(error).not.toBeInstanceOf(Reject);
    await inbox.accept();
    await mail.send('full@example.com', note, { topic: 'x' }, 'key 5');
    expect((await inbox.of('full@example.com')).length).toBeGreaterThan(0);
  });

  it('is retried if there is no server', async () => {
    const nowhere = mailTo('smtp://127.0.0.1:1');
    const error = await failure(nowhere.send('ada@example.com', note, { topic: 'x' }, 'key 6'));
    expect(error).toBeDefined();
    expect(error).not.toBeInstanceOf(Reject);
    nowhere.onApplicationShutdown();
  });
});
