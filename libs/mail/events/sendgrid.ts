import { createPublicKey, verify } from 'node:crypto';
import type { MailEvent } from '../suppressions';
import { type EventHeaders, MailEventsRefused } from './refused';
import { headerOf, isRecent } from './signed';

interface Event {
  email?: string;
  event?: string;
  type?: string;
  reason?: string;
}

/** Signed with ECDSA (https://www.twilio.com/docs/sendgrid/for-developers/tracking-events/getting-started-event-webhook-security-features). */
export function sendGridEvents(
  publicKey: string,
  headers: EventHeaders,
  body: string,
  now: Date,
): MailEvent[] {
  const timestamp = headerOf(headers, 'x-twilio-email-event-webhook-timestamp');
  const signature = Buffer.from(headerOf(headers, 'x-twilio-email-event-webhook-signature'), 'base64');
  const key = createPublicKey({ key: Buffer.from(publicKey, 'base64'), format: 'der', type: 'spki' });
  const signed = verify('sha256', Buffer.from(timestamp + body), key, signature);
  if (!signed || !isRecent(Number(timestamp) * 1_000, now))
    throw new MailEventsRefused('Not signed by SendGrid.');
  return (JSON.parse(body) as Event[]).flatMap(({ email, event, type, reason = '' }): MailEvent[] => {
    if (email === undefined) return [];
    if (event === 'spamreport') return [{ address: email, reason: 'complaint', detail: '' }];
    // A "blocked" one is temporary.
    return event === 'bounce' && type !== 'blocked'
      ? [{ address: email, reason: 'bounce', detail: reason }]
      : [];
  });
}
