import { createHmac } from 'node:crypto';
import type { MailEvent } from '../suppressions';
import { type EventHeaders, MailEventsRefused } from './refused';
import { headerOf, isRecent, isSame } from './signed';

interface Report {
  type?: string;
  data?: { to?: string[]; bounce?: { type?: string; message?: string } };
}

/** Signed in the format of Svix (https://docs.svix.com/receiving/verifying-payloads/how-manual). */
export function resendEvents(secret: string, headers: EventHeaders, body: string, now: Date): MailEvent[] {
  const [id, timestamp] = [headerOf(headers, 'svix-id'), headerOf(headers, 'svix-timestamp')];
  const key = Buffer.from(secret.replace(/^whsec_/, ''), 'base64');
  const expected = createHmac('sha256', key).update(`${id}.${timestamp}.${body}`).digest();
  const signed = headerOf(headers, 'svix-signature')
    .split(' ')
    .some((part) => part.startsWith('v1,') && isSame(Buffer.from(part.slice(3), 'base64'), expected));
  if (!id || !signed || !isRecent(Number(timestamp) * 1_000, now))
    throw new MailEventsRefused('Not signed by Resend.');
  const { type, data } = JSON.parse(body) as Report;
  const to = data?.to ?? [];
  if (type === 'email.complained') return to.map((address) => ({ address, reason: 'complaint', detail: '' }));
  if (type !== 'email.bounced' || data?.bounce?.type !== 'Permanent') return [];
  return to.map((address) => ({ address, reason: 'bounce', detail: data.bounce?.message ?? '' }));
}
