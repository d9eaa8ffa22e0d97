import { verify } from 'node:crypto';
import type { MailEvent } from '../suppressions';
import { MailEventsRefused } from './refused';
import { isRecent } from './signed';

interface Envelope {
  Type: string;
  MessageId: string;
  Message: string;
  Subject?: string;
  Timestamp: string;
  Token?: string;
  TopicArn: string;
  SignatureVersion: string;
  Signature: string;
  SigningCertURL: string;
  SubscribeURL?: string;
}

interface Report {
  eventType?: string;
  notificationType?: string;
  bounce?: {
    bounceType?: string;
    bouncedRecipients?: { emailAddress: string; diagnosticCode?: string }[];
  };
  complaint?: { complainedRecipients?: { emailAddress: string }[] };
}

const TIMEOUT_MS = 5_000;
const MAX_CERTIFICATE = 16_384;
const AMAZON = /^sns\.[a-z0-9-]+\.amazonaws\.com(\.cn)?$/;

async function get(url: string): Promise<string> {
  const answer = await fetch(url, { redirect: 'error', signal: AbortSignal.timeout(TIMEOUT_MS) });
  if (!answer.ok) throw new Error(`${new URL(url).host} answers ${answer.status}`);
  return (await answer.text()).slice(0, MAX_CERTIFICATE);
}

/**
 * Messages of Amazon SNS, which carries the reports of SES
 * (https://docs.aws.amazon.com/sns/latest/dg/sns-verify-signature-of-message.html).
 */
export class SnsMessages {
  private readonly certificates = new Map<string, string>();

  /** @param read fetches a page from Amazon */
  constructor(private readonly read: (url: string) => Promise<string> = get) {}

  /**
   * Reads a message. Confirms the subscription if the message requests it.
   *
   * @param topicArn the only topic whose messages count
   * @throws MailEventsRefused if it is of another topic, not signed with SHA-256, or old
   */
  async events(topicArn: string, body: string, now: Date): Promise<MailEvent[]> {
    const envelope = JSON.parse(body) as Envelope;
    await this.verify(topicArn, envelope, now);
    if (envelope.Type === 'SubscriptionConfirmation') {
      await this.read(amazonUrl(envelope.SubscribeURL));
      return [];
    }
    if (envelope.Type !== 'Notification') return [];
    const { eventType, notificationType, bounce, complaint } = JSON.parse(envelope.Message) as Report;
    const type = eventType ?? notificationType;
    if (type === 'Complaint') {
      return (complaint?.complainedRecipients ?? []).map(({ emailAddress }) => ({
        address: emailAddress,
        reason: 'complaint',
        detail: '',
      }));
    }
    if (type !== 'Bounce' || bounce?.bounceType !== 'Permanent') return [];
    return (bounce.bouncedRecipients ?? []).map(({ emailAddress, diagnosticCode = '' }) => ({
      address: emailAddress,
      reason: 'bounce',
      detail: diagnosticCode,
    }));
  }

  private async verify(topicArn: string, envelope: Envelope, now: Date): Promise<void> {
    if (envelope.TopicArn !== topicArn) throw new MailEventsRefused('Of another topic.');
    // Version 1 is SHA-1.
    if (envelope.SignatureVersion !== '2')
      throw new MailEventsRefused('The topic must have SignatureVersion 2.');
    const url = amazonUrl(envelope.SigningCertURL);
    let certificate = this.certificates.get(url);
    if (certificate === undefined) {
      certificate = await this.read(url);
      this.certificates.clear(); // Amazon uses one certificate at a time
      this.certificates.set(url, certificate);
    }
    const signed = verify(
      'sha256',
      Buffer.from(canonical(envelope)),
      certificate,
      Buffer.from(envelope.Signature, 'base64'),
    );
    if (!signed || !isRecent(Date.parse(envelope.Timestamp), now))
      throw new MailEventsRefused('Not signed by Amazon.');
  }
}

function amazonUrl(text: string | undefined): string {
  const url = URL.parse(text ?? '');
  if (url?.protocol !== 'https:' || url.port !== '' || !AMAZON.test(url.hostname))
    throw new MailEventsRefused('It refers to a server that is not one of Amazon.');
  return url.href;
}

function canonical(envelope: Envelope): string {
  const names =
    envelope.Type === 'Notification'
      ? (['Message', 'MessageId', 'Subject', 'Timestamp', 'TopicArn', 'Type'] as const)
      : (['Message', 'MessageId', 'SubscribeURL', 'Timestamp', 'Token', 'TopicArn', 'Type'] as const);
  return names
    .flatMap((name) => (envelope[name] === undefined ? [] : [`${name}\n${envelope[name]}\n`]))
    .join('');
}
