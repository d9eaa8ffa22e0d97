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

  const resetsAMinuteAgo = async () => {
    for (const key of (await system.redis('KEYS', '*:code-attempts:*')) as string[])
      await system.redis('HINCRBY', key, 'reset', -61_000);
  };

  /** Moves the last mails, and the last resets of attempts, a minute into the past. */
  const aMinuteLater = async () => {
    const earlier = (column: string) => `${column} = ${column} - interval '61 s'`;
    await system.sql(`UPDATE identity.users SET ${earlier('verification_requested_at')}`);
    await system.sql(`UPDATE identity.decoys SET ${earlier('mailed_at')}`);
    await system.sql(`UPDATE identity.mail_quotas SET ${earlier('last_sent_at')}`);
    await resetsAMinuteAgo();
  };

  it('resets the attempts for codes once a minute, whether or not another mail may be sent, for all addresses alike', async () => {
    const { email: pending } = await registered();
    const { email: active } = await signUp(system);
    const { email: decoy } = await signUp(system);
    await system.ask('POST /v1/auth/register', { body: newcomer({ email: decoy }) });
    await system.inbox.latest(decoy, /already have/);
    const addresses = [pending, decoy, active, 'never.seen@example.com'];
    const resend = async (email: string) => {
      await system.ask(RESEND, { body: { email } });
      await allDelivered();
    };
    const tries = async (email: string, times: number) => {
      const statuses: number[] = [];
      for (let each = 0; each < times; each += 1) {
        const body = { email, code: '111111' };
        statuses.push((await system.ask('POST /v1/auth/verify', { body })).status);
      }
      return statuses;
    };
    const fiveThenNone = [422, 422, 422, 422, 422, 410];
    // The quota allows a mail for the first of them only.
    for (let minute = 0; minute < 2; minute += 1) {
      await aMinuteLater();
      for (const email of addresses) {
        await resend(email);
        expect([minute, email, await tries(email, 6)]).toEqual([minute, email, fiveThenNone]);
        await resend(email);
        expect([minute, email, await tries(email, 1)]).toEqual([minute, email, [410]]);
      }
    }
    expect(await system.inbox.of(pending)).toHaveLength(2);
  });

  it('leaves the code valid while no other mail may be sent', async () => {
    const { email, code } = await registered();
    await system.sql(`UPDATE identity.mail_quotas SET last_sent_at = now() + interval '1 h'`);
    await resetsAMinuteAgo();
    const verify = (digits: string) => system.ask('POST /v1/auth/verify', { body: { email, code: digits } });
    const wrong = code === '111111' ? '222222' : '111111';
    for (let each = 0; each < 6; each += 1) await verify(wrong);
    await system.ask(RESEND, { body: { email } });
    await allDelivered();
    expect(await system.inbox.of(email)).toHaveLength(1);
    expect((await verify(code)).status).toBe(200);
  });

  it('sends a new code, and the earlier one is invalid', async () => {
    const { email, code: first } = await registered();
    await aMinuteLater();
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
