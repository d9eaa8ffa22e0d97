import { contexts } from '@rookery/contexts';
import { Dispatch } from '@rookery/messaging';
import { Deliveries, Transaction } from '@rookery/persistence';
import { newcomer, verificationMail } from '@rookery/contexts/identity/testing';
import { eventually } from '@rookery/testing';
import { ownSystem } from '@rookery/testing/own-system';

const REGISTER = 'POST /v1/auth/register';

describe('sending the verification mail', () => {
  const system = ownSystem(contexts);
  afterEach(() => system.inbox.accept());

  it('has a text and an HTML part with the code and the link', async () => {
    const form = newcomer({ name: '<b>Eve</b>' });
    await system.ask(REGISTER, { body: form });
    const mail = await system.inbox.latest(form.email);
    const { code, token } = await verificationMail(system, form.email);
    expect(mail.text).toContain(`http://rookery.test/activate?token=${token}`);
    expect(mail.html).toContain(code);
    expect(mail.html).toContain('&lt;b&gt;Eve');
    expect(mail.html).not.toContain('<b>Eve');
  });

  it('cancels the registration when the mail server refuses the address for good', async () => {
    const form = newcomer();
    await system.inbox.refuse(form.email, 550);
    await system.ask(REGISTER, { body: form });
    await eventually(async () => {
      const cancelled = await system.sql(
        `SELECT 1 FROM messaging.outbox WHERE type = 'identity.registration-cancelled' AND data->>'reason' = 'mail-undeliverable'`,
      );
      return cancelled.length === 1;
    });
    expect(await system.sql('SELECT 1 FROM identity.users WHERE email = $1', [form.email])).toEqual([]);
    const dead = await system.inApi(Deliveries).dead(undefined, 10);
    expect(dead).toMatchObject([{ subscriber: 'identity.send-verification-mail', queue: 'mail' }]);
    expect(dead[0]!.reason).toMatch(/550/);

    await system.inbox.accept();
    expect((await system.ask(REGISTER, { body: form })).status).toBe(202);
    await verificationMail(system, form.email);

    // Redriving the mail of the canceled registration does nothing.
    const worker = system.inWorker(Transaction);
    const revived = await worker.run(() => system.inWorker(Deliveries).redrive(dead[0]!));
    await system.inWorker(Dispatch).add([revived!]);
    await eventually(async () => (await system.inApi(Deliveries).dead(undefined, 10)).length === 0);
    await eventually(async () => {
      const open = await system.sql(`SELECT 1 FROM messaging.event_delivery WHERE state = 'pending'`);
      return open.length === 0;
    });
    expect(await system.inbox.of(form.email)).toHaveLength(1);
  });

  it('retries when the mail server says "later"', async () => {
    const form = newcomer();
    await system.inbox.refuse(form.email, 451);
    await system.ask(REGISTER, { body: form });
    await eventually(async () => {
      const [row] = await system.sql<{ attempts: number }>(
        `SELECT d.attempts FROM messaging.event_delivery d JOIN identity.users u ON u.id = d.subject
         WHERE u.email = $1 AND d.subscriber = 'identity.send-verification-mail'`,
        [form.email],
      );
      return row!.attempts >= 1;
    });
    await system.inbox.accept();
    const { code } = await verificationMail(system, form.email);
    const verified = await system.ask('POST /v1/auth/verify', { body: { email: form.email, code } });
    expect(verified.status).toBe(200);
  });
});
