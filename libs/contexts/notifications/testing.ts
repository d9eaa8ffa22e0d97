import { createECDH, randomBytes } from 'node:crypto';
import { newId } from '@rookery/domain';
import { eventually, type Person, type TestSystem } from '@rookery/testing';
import type { Given, Scene } from '@rookery/testing/access';
import { enroll } from '../identity/testing';

/** A notification as the api returns it. */
export interface Notified {
  id: string;
  kind: string;
  actors: { id: string; username: string; name: string }[];
  actorsCount: number;
  target: { type: string; id: string } & Record<string, unknown>;
  createdAt: string;
  readAt: string | null;
}

/** @returns a user's inbox */
export async function inboxOf(
  system: TestSystem,
  { token }: Person,
  query = '',
): Promise<{ data: Notified[]; page: { nextCursor: string | null }; unreadCount: number }> {
  return (await system.ask(`GET /v1/notifications?${query}`, { token })).body;
}

/** Waits until a user has this number of notifications. @returns them, newest first */
export async function notificationsOf(system: TestSystem, who: Person, count: number): Promise<Notified[]> {
  return eventually(async () => {
    const { data } = await inboxOf(system, who);
    if (data.length !== count) throw new Error(`${data.length} notifications instead of ${count}.`);
    return data;
  });
}

/** A notification of the owner. */
export async function ownNotification({ system, people: { owner } }: Scene): Promise<Given> {
  const follower = await enroll(system);
  await system.ask(`PUT /v1/users/${owner.id}/follow`, { token: follower.token });
  return eventually(async () => {
    const { data } = await inboxOf(system, owner);
    return { path: { id: data[0]!.id } };
  });
}

/** @returns a push subscription as a browser returns it */
export function deviceAt(endpoint: string): { endpoint: string; keys: { p256dh: string; auth: string } } {
  const curve = createECDH('prime256v1');
  const p256dh = curve.generateKeys('base64url');
  return { endpoint, keys: { p256dh, auth: randomBytes(16).toString('base64url') } };
}

/** A device of the owner. */
export async function ownDevice({ system, people: { owner } }: Scene): Promise<Given> {
  const device = deviceAt(`https://push.example.com/${randomBytes(8).toString('hex')}`);
  const { body } = await system.ask('POST /v1/me/push-subscriptions', { token: owner.token, body: device });
  return { path: { id: body.id } };
}

/** An address that gets no mail. */
export async function suppressedAddress({ system }: Scene): Promise<Given> {
  const id = newId();
  await system.sql(
    `INSERT INTO mail.suppressions (id, address, shown, reason, provider, detail, created_at)
     VALUES ($1::uuid, decode(replace($1::uuid::text, '-', ''), 'hex'), 'a…@example.com', 'bounce', 'smtp', '', now())`,
    [id],
  );
  return { path: { id } };
}
