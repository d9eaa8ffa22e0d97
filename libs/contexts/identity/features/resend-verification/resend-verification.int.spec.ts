import { newcomer, signUp, verificationMail } from '@rookery/contexts/identity/testing';
import { eventually, privateSystem } from '@rookery/testing';

const RESEND = 'POST /v1/auth/verify/resend';

describe('asking for the verification mail again', () => {
  const system = privateSystem();

  async function registered(): Promise<{ email: string; code: string }> {
    const form = newcomer();
    await system.ask('POST /v1/auth/register', { body: form });
    return { email: form.email, ...(await verificationMail(system, form.email)) };
  }

  async function allDelivered(): Promise<void> {
    await eventually(async () => {
      const open = await system.sql(
        `SELECT 1 FROM messaging.event_delivery WHERE state = 'pending'
         UNION ALL SELECT 1 FROM messaging.outbox WHERE published_at IS NULL`,
      );
      return open.length === 0;
    });
  }

  /** Moves the last mail to an address a minute into the past. */
  const aMinuteLater = async (email: string) => {
    await system.sql(
      `UPDATE identity.users SET verification_requested_at = now() - interval '61 s' WHERE email = $1`,
      [email],
    );
    await system.sql(`UPDATE identity.mail_quotas SET last_sent_at = last_sent_at - interval '61 s'`);
  };

  it('resets the attempts for codes, for unknown, pending and active addresses alike', async () => {
    const pending = await registered();
    await aMinuteLater(pending.email);
    const active = await signUp(system);
    for (const key of (await system.redis('KEYS', '*:code:*')) as string[])
      await system.redis('HINCRBY', key, 'announced', -61_000);
    for (const email of [pending.email, active.email, 'never.seen@example.com']) {
      const body = { email, code: pending.code === '111111' ? '222222' : '111111' };
      const tries = async () => (await system.ask('POST /v1/auth/verify', { body })).status;
      while ((await tries()) === 422);
      expect([email, await tries()]).toEqual([email, 410]);
      await system.ask(RESEND, { body: { email } });
      await eventually(async () => (await tries()) === 422);
    }
  });

  it('sends a new code, and the earlier one is invalid', async () => {
    const { email, code: first } = await registered();
    await aMinuteLater(email);
    expect((await system.ask(RESEND, { body: { email } })).status).toBe(202);
    await eventually(async () => (await system.inbox.of(email)).length === 2);
    const { code } = await verificationMail(system, email);
    expect(code).not.toBe(first);
    expect((await system.ask('POST /v1/auth/verify', { body: { email, code: first } })).status).toBe(422);
    expect((await system.ask('POST /v1/auth/verify', { body: { email, code } })).status).toBe(200);
  });

  it('sends at most one mail a minute, however often it is asked', async () => {
    const { email } = await registered();
    await Promise.all(Array.from({ length: 10 }, () => system.ask(RESEND, { body: { email } })));
    await allDelivered();
    expect(await system.inbox.of(email)).toHaveLength(1);
  });

  it('returns the same for unknown and active addresses, and sends nothing', async () => {
    const { email } = await signUp(system);
    await system.inbox.latest(email, /Welcome/);
    const before = (await system.inbox.of(email)).length;
    const [active, unknown] = await Promise.all([
      system.ask(RESEND, { body: { email } }),
      system.ask(RESEND, { body: { email: 'nobody@example.com' } }),
    ]);
    expect([active.status, active.body]).toEqual([unknown.status, unknown.body]);
    await allDelivered();
    expect(await system.inbox.of(email)).toHaveLength(before);
    expect(await system.inbox.of('nobody@example.com')).toEqual([]);
  });
});
