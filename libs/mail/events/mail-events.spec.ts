import { createSign, generateKeyPairSync, sign } from 'node:crypto';
import { Webhook } from 'standardwebhooks';
import { MailSettings } from '../settings';
import { MailEvents } from '.';
import { SnsMessages } from './sns';

const NOW = new Date('2026-01-31T12:00:00Z');
const SECONDS = String(NOW.getTime() / 1_000);
const refused = expect.objectContaining({ name: 'MailEventsRefused' });

const settings = (own: NodeJS.ProcessEnv) => new MailSettings({ SMTP_URL: 'smtp://127.0.0.1', ...own });

describe('A report of Resend', () => {
  const secret = `whsec_${Buffer.from('a secret of some length').toString('base64')}`;
  const events = new MailEvents(settings({ RESEND_WEBHOOK_SECRET: secret }));
  const bounce = JSON.stringify({
    type: 'email.bounced',
    data: { to: ['dead@example.com'], bounce: { type: 'Permanent', message: 'no such user' } },
  });
  const signed = (body: string, at = NOW) => ({
    'svix-id': 'msg_1',
    'svix-timestamp': String(Math.floor(at.getTime() / 1_000)),
    'svix-signature': `v1,bm90aGluZw== ${new Webhook(secret).sign('msg_1', at, body)}`,
  });
  const read = (body: string, headers: Record<string, string> = signed(body)) =>
    events.read('resend', headers, body, NOW);

  it('names dead addresses and complaints', async () => {
    expect(await read(bounce)).toEqual([
      { address: 'dead@example.com', reason: 'bounce', detail: 'no such user' },
    ]);
    const complaint = JSON.stringify({ type: 'email.complained', data: { to: ['angry@example.com'] } });
    expect(await read(complaint)).toMatchObject([{ address: 'angry@example.com', reason: 'complaint' }]);
  });

  it('ignores temporary failures and other events', async () => {
    expect(await read(bounce.replace('Permanent', 'Temporary'))).toEqual([]);
    expect(await read(JSON.stringify({ type: 'email.delivered', data: { to: ['a@example.com'] } }))).toEqual(
      [],
    );
  });

  it('is refused if it is not signed, changed, of another id or old', async () => {
    await expect(read(bounce, {})).rejects.toEqual(refused);
    await expect(read(bounce.replace('dead', 'live'), signed(bounce))).rejects.toEqual(refused);
    await expect(read(bounce, { ...signed(bounce), 'svix-id': 'msg_2' })).rejects.toEqual(refused);
    await expect(read(bounce, signed(bounce, new Date(NOW.getTime() - 601_000)))).rejects.toEqual(refused);
    await expect(read('{', signed('{'))).rejects.toEqual(refused);
  });
});

describe('A report of SendGrid', () => {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const key = publicKey.export({ format: 'der', type: 'spki' }).toString('base64');
  const events = new MailEvents(settings({ SENDGRID_WEBHOOK_KEY: key }));
  const signed = (body: string, timestamp = SECONDS) => ({
    'x-twilio-email-event-webhook-timestamp': timestamp,
    'x-twilio-email-event-webhook-signature': sign(
      'sha256',
      Buffer.from(timestamp + body),
      privateKey,
    ).toString('base64'),
  });
  const body = JSON.stringify([
    { email: 'dead@example.com', event: 'bounce', type: 'bounce', reason: '550 no such user' },
    { email: 'full@example.com', event: 'bounce', type: 'blocked' },
    { email: 'angry@example.com', event: 'spamreport' },
    { email: 'ok@example.com', event: 'delivered' },
  ]);

  it('names dead addresses and complaints', async () => {
    expect(await events.read('sendgrid', signed(body), body, NOW)).toEqual([
      { address: 'dead@example.com', reason: 'bounce', detail: '550 no such user' },
      { address: 'angry@example.com', reason: 'complaint', detail: '' },
    ]);
  });

  it('is refused if it is not signed, changed or old', async () => {
    await expect(events.read('sendgrid', {}, body, NOW)).rejects.toEqual(refused);
    await expect(events.read('sendgrid', signed(body), body.replace('dead', 'live'), NOW)).rejects.toEqual(
      refused,
    );
    await expect(
      events.read('sendgrid', signed(body, String(Number(SECONDS) - 601)), body, NOW),
    ).rejects.toEqual(refused);
    const another = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey;
    const forged = sign('sha256', Buffer.from(SECONDS + body), another).toString('base64');
    const headers = { ...signed(body), 'x-twilio-email-event-webhook-signature': forged };
    await expect(events.read('sendgrid', headers, body, NOW)).rejects.toEqual(refused);
  });

  it('is refused while no key is configured, as those of others', async () => {
    for (const provider of ['resend', 'ses', 'smtp'] as const)
      await expect(events.read(provider, signed(body), body, NOW)).rejects.toEqual(refused);
  });
});

describe('A report of SES', () => {
  const TOPIC = 'arn:aws:sns:eu-central-1:123456789012:mail';
  const { publicKey, privateKey } = generateKeyPairSync('rsa', { modulusLength: 2_048 });
  const certificate = publicKey.export({ format: 'pem', type: 'spki' }).toString();
  const asked: string[] = [];
  const messages = new SnsMessages(async (url) => {
    asked.push(url);
    return certificate;
  });
  const CERT = 'https://sns.eu-central-1.amazonaws.com/SimpleNotificationService-1.pem';

  const envelope = (own: object = {}, message: object = {}) => {
    const fields: Record<string, string> = {
      Type: 'Notification',
      MessageId: '1',
      Message: JSON.stringify({
        notificationType: 'Bounce',
        bounce: {
          bounceType: 'Permanent',
          bouncedRecipients: [{ emailAddress: 'dead@example.com', diagnosticCode: '550 5.1.1' }],
        },
        ...message,
      }),
      Timestamp: NOW.toISOString(),
      TopicArn: TOPIC,
      SignatureVersion: '2',
      SigningCertURL: CERT,
      ...own,
    };
    const names =
      fields.Type === 'Notification'
        ? ['Message', 'MessageId', 'Subject', 'Timestamp', 'TopicArn', 'Type']
        : ['Message', 'MessageId', 'SubscribeURL', 'Timestamp', 'Token', 'TopicArn', 'Type'];
    const text = names.flatMap((name) => (name in fields ? [`${name}\n${fields[name]}\n`] : [])).join('');
    const Signature = createSign('sha256').update(text).sign(privateKey).toString('base64');
    return { ...fields, Signature };
  };
  const read = (body: object) => messages.events(TOPIC, JSON.stringify(body), NOW);

  beforeEach(() => void (asked.length = 0));

  it('names dead addresses and complaints', async () => {
    expect(await read(envelope())).toEqual([
      { address: 'dead@example.com', reason: 'bounce', detail: '550 5.1.1' },
    ]);
    const complaint = { complainedRecipients: [{ emailAddress: 'angry@example.com' }] };
    expect(await read(envelope({}, { notificationType: 'Complaint', complaint }))).toMatchObject([
      { address: 'angry@example.com', reason: 'complaint' },
    ]);
    expect(await read(envelope({}, { bounce: { bounceType: 'Transient' } }))).toEqual([]);
  });

  it('confirms the subscription of the topic, at Amazon alone', async () => {
    const own = { Type: 'SubscriptionConfirmation', Token: 't' };
    const at = 'https://sns.eu-central-1.amazonaws.com/?Action=ConfirmSubscription&Token=t';
    await read(envelope({ ...own, SubscribeURL: at }));
    expect(asked.at(-1)).toBe(at);
    asked.length = 0;
    for (const SubscribeURL of [
      'https://evil.example/',
      'https://sns.eu-central-1.amazonaws.com.evil.example/',
    ])
      await expect(read(envelope({ ...own, SubscribeURL }))).rejects.toEqual(refused);
    expect(asked.filter((url) => url.includes('evil'))).toEqual([]);
  });

  it.each([
    'http://sns.eu-central-1.amazonaws.com/a.pem',
    'https://sns.eu-central-1.amazonaws.com:8443/a.pem',
    'https://sns.evil.example/a.pem',
    'https://evil.example/sns.eu-central-1.amazonaws.com/a.pem',
    'https://sns.eu-central-1.amazonaws.com@evil.example/a.pem',
    'https://s3.amazonaws.com/a.pem',
    'file:///etc/passwd',
    '',
  ])('takes no certificate from %j', async (SigningCertURL) => {
    await expect(read(envelope({ SigningCertURL }))).rejects.toEqual(refused);
    expect(asked).toEqual([]);
  });

  it('is refused if it is changed, of another topic, signed with SHA-1 or old', async () => {
    await expect(read({ ...envelope(), Message: '{}' })).rejects.toEqual(refused);
    await expect(read(envelope({ TopicArn: `${TOPIC}s` }))).rejects.toEqual(refused);
    await expect(read(envelope({ SignatureVersion: '1' }))).rejects.toEqual(refused);
    await expect(read(envelope({ Timestamp: '2026-01-31T11:49:00Z' }))).rejects.toEqual(refused);
  });
});
