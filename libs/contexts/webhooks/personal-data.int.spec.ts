import { contexts } from '@rookery/contexts';
import { newId } from '@rookery/domain';
import { Transaction } from '@rookery/persistence';
import { enroll } from '@rookery/contexts/identity/testing';
import { publish } from '@rookery/contexts/social/testing';
import { createWebhook, Receiver } from '@rookery/contexts/webhooks/testing';
import { eventually, type Person } from '@rookery/testing';
import { ownSystem } from '@rookery/testing/own-system';
import { KNOWN_COLUMNS, WebhooksPersonalData } from './personal-data';

describe('The personal data of webhooks', () => {
  const system = ownSystem(contexts);
  let ada: Person;
  let receiver: Receiver;

  beforeEach(async () => {
    [ada, receiver] = await Promise.all([enroll(system), Receiver.start()]);
  });
  afterEach(() => receiver.stop());

  const erase = (id: string, limit: number) =>
    system.inWorker(Transaction).run(() => system.inWorker(WebhooksPersonalData).erase(id, limit));
  const deliveredTo = (id: string) =>
    system.sql<{ id: string }>(
      `SELECT id FROM webhooks.deliveries WHERE webhook_id = $1 AND status = 'delivered'`,
      [id],
    );

  it('is exported without secrets', async () => {
    const { id, secret } = await createWebhook(system, ada, {
      url: receiver.url,
      events: ['social.post-created'],
    });
    await publish(system, ada, { title: 'Unmistakable' });
    await eventually(async () => (await deliveredTo(id)).length === 1);
    const sections: Record<string, object[]> = {};
    for await (const [name, rows] of system.inWorker(WebhooksPersonalData).export(ada.id))
      sections[name] = [...(sections[name] ?? []), ...rows];
    expect(sections).toMatchObject({
      webhooks: [{ id, url: receiver.url, events: ['social.post-created'], active: true }],
      deliveries: [{ webhookId: id, status: 'delivered', body: expect.stringContaining('Unmistakable') }],
    });
    const bytes = Buffer.from(secret.slice('whsec_'.length), 'base64');
    const text = JSON.stringify(sections);
    for (const form of [secret, bytes.toString('hex'), bytes.toString('base64')])
      expect(text).not.toContain(form);
  });

  it('stops at once when the account is deleted', async () => {
    const { id } = await createWebhook(system, ada, { url: receiver.url });
    await system.ask('DELETE /v1/me', { token: ada.token });
    expect(await system.sql('SELECT disabled_reason FROM webhooks.webhooks WHERE id = $1', [id])).toEqual([
      { disabled_reason: 'account-deleted' },
    ]);
    expect(await system.sql('SELECT 1 FROM messaging.interests WHERE holder = $1', [id])).toEqual([]);
  });

  it('is erased piece by piece, with everything in the outbox and the ledger, failed jobs included', async () => {
    receiver.answer = (response) => response.writeHead(410).end();
    const gone = await createWebhook(system, ada, { url: receiver.url, events: ['social.post-created'] });
    await publish(system, ada);
    await eventually(async () => {
      const rows = await system.sql(
        `SELECT 1 FROM webhooks.deliveries WHERE webhook_id = $1 AND status = 'failed'`,
        [gone.id],
      );
      return rows.length === 1;
    });
    receiver.answer = (response) => response.writeHead(204).end();
    const { id } = await createWebhook(system, ada, { url: receiver.url, events: ['social.post-created'] });
    for (let nr = 0; nr < 2; nr += 1) await publish(system, ada);
    await eventually(async () => (await deliveredTo(id)).length === 2);
    const subjects = [gone.id, id, ...(await deliveredTo(id)).map((row) => row.id)];
    const left = async () =>
      (await system.sql('SELECT 1 FROM messaging.event_delivery WHERE subject = ANY ($1)', [subjects]))
        .length;
    expect(await left()).toBeGreaterThan(0);
    const pieces: object[] = [];
    do pieces.push(await erase(ada.id, 2));
    while (Object.values(pieces.at(-1)!).some((count) => count > 0));
    expect(pieces).toEqual([
      { webhooks: 2, deliveries: 2 },
      { webhooks: 0, deliveries: 1 },
      { webhooks: 0, deliveries: 0 },
    ]);
    expect(await left()).toBe(0);
    expect(await system.sql('SELECT 1 FROM messaging.interests WHERE holder = $1', [id])).toEqual([]);
    expect(Object.values(await erase(newId(), 10))).toEqual([0, 0]);
  });

  it('handles every column with user ids', async () => {
    const columns = await system.sql<{ name: string }>(
      `SELECT table_name || '.' || column_name AS name FROM information_schema.columns
       WHERE table_schema = 'webhooks' AND udt_name IN ('uuid', '_uuid')
         AND column_name NOT IN ('id', 'webhook_id', 'event_id', 'subject', 'workspace_id')`,
    );
    expect(columns.map(({ name }) => name).toSorted()).toEqual(KNOWN_COLUMNS);
  });
});
