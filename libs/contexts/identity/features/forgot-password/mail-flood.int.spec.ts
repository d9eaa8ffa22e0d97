import { newcomer, signUp } from '@rookery/contexts/identity/testing';
import { eventually, privateSystem } from '@rookery/testing';

describe('A stranger who triggers mail to somebody', () => {
  const system = privateSystem();

  async function allDelivered(): Promise<void> {
    await eventually(async () => {
      const open = await system.sql(
        `SELECT 1 FROM messaging.event_delivery WHERE state = 'pending' AND due_at < now() + interval '20 s'
         UNION ALL SELECT 1 FROM messaging.outbox WHERE published_at IS NULL`,
      );
      return open.length === 0;
    });
  }

  /** Moves all sent mails and counts into the past. */
  async function timePasses(seconds: number): Promise<void> {
    const earlier = (column: string) => `${column} = ${column} - make_interval(secs => $1)`;
    for (const statement of [
      `UPDATE identity.users SET ${earlier('verification_requested_at')}, ${earlier('password_reset_requested_at')}`,
      `UPDATE identity.decoys SET ${earlier('mailed_at')}`,
      `UPDATE identity.mail_quotas SET ${earlier('last_sent_at')},
         sent_at = array(SELECT at - make_interval(secs => $1) FROM unnest(sent_at) AS at)`,
    ])
      await system.sql(statement, [seconds]);
  }

  const ask = (address: string, path: string, body: object) =>
    system.ask(`POST ${path}`, { body, from: address });
  const STRANGER = '203.0.113.66';

  type Victim = { email: string; mails: () => Promise<number>; flood: () => Promise<unknown> };

  async function counting(email: string, subject: RegExp, flood: () => Promise<unknown>): Promise<Victim> {
    const mails = async () =>
      (await system.inbox.of(email)).filter((mail) => subject.test(mail.subject)).length;
    return { email, mails, flood };
  }

  async function pending(): Promise<Victim> {
    const form = newcomer();
    await ask(STRANGER, '/v1/auth/register', form);
    const again = () => ask(STRANGER, '/v1/auth/verify/resend', { email: form.email });
    return counting(form.email, /is your Rookery code/, again);
  }

  async function registeredAgain(): Promise<Victim> {
    const form = newcomer();
    await ask(STRANGER, '/v1/auth/register', form);
    const again = () => ask(STRANGER, '/v1/auth/register', newcomer({ email: form.email }));
    return counting(form.email, /is your Rookery code/, again);
  }

  async function active(): Promise<Victim> {
    const { email } = await signUp(system);
    const again = () => ask(STRANGER, '/v1/auth/register', newcomer({ email }));
    await again();
    return counting(email, /already have a Rookery account/, again);
  }

  async function forgetful(): Promise<Victim> {
    const { email } = await signUp(system);
    const again = () => ask(STRANGER, '/v1/auth/password/forgot', { email });
    await again();
    return counting(email, /Set a new Rookery password/, again);
  }

  describe.each([
    ['with a registration that is pending', pending],
    ['with a registration that is pending and repeated', registeredAgain],
    ['who has an account', active],
    ['who has an account and is said to have forgotten the password', forgetful],
  ])('to somebody %s', (_, victim) => {
    it('triggers two mails in the first minutes, then fewer, at most five per day', async () => {
      const { mails, flood } = await victim();
      /** @returns the total number of mails after two more requests, the given seconds later. */
      const after = async (seconds: number) => {
        await timePasses(seconds);
        await flood();
        await flood();
        await allDelivered();
        return mails();
      };
      expect(await after(0)).toBe(1);
      expect([await after(61), await after(60), await after(60)]).toEqual([2, 2, 2]);
      expect([await after(200), await after(300), await after(300)]).toEqual([3, 3, 3]);
      expect([await after(700), await after(2_000), await after(2_000)]).toEqual([4, 4, 4]);
      expect([await after(1_000), await after(20_000), await after(40_000)]).toEqual([5, 5, 5]);
      expect(await after(21_000)).toBe(6);
    });
  });

  it('sends no more mails after Redis was flushed, or the account was created again', async () => {
    const { email, mails, flood } = await pending();
    await allDelivered();
    await timePasses(61);
    await flood();
    await allDelivered();
    await system.redis('FLUSHALL');
    await system.sql('DELETE FROM identity.users WHERE email = $1', [email]);
    await ask(STRANGER, '/v1/auth/register', newcomer({ email }));
    await allDelivered();
    await timePasses(61);
    await flood();
    await allDelivered();
    expect(await mails()).toBe(3); // the new account's own, and none after it
  });

  it('does not use up the links requested from known networks', async () => {
    const { email, mails, flood } = await forgetful();
    await allDelivered();
    for (const seconds of [61, 301, 1_201, 4_801]) {
      await timePasses(seconds);
      await flood();
      await allDelivered();
    }
    await timePasses(3_600);
    await flood();
    await allDelivered();
    expect(await mails()).toBe(5);
    await ask('127.0.0.1', '/v1/auth/password/forgot', { email }); // the address of signUp()
    await allDelivered();
    expect(await mails()).toBe(6);
  });

  it('does not learn how many are left', async () => {
    const { email, flood } = await forgetful();
    await flood();
    const [known, unknown] = await Promise.all(
      [email, 'nobody@example.com'].map((each) => ask(STRANGER, '/v1/auth/password/forgot', { email: each })),
    );
    expect([known!.status, known!.body]).toEqual([unknown!.status, unknown!.body]);
  });

  it('leaves no address in the database, and nothing after a day', async () => {
    const { email } = await pending();
    await allDelivered();
    const stored = async () =>
      system.sql<{ text: string }>('SELECT to_jsonb(q)::text AS text FROM identity.mail_quotas q');
    expect(JSON.stringify(await stored())).not.toContain(email);
    await timePasses(86_401);
    await system.runSchedule('identity.forget-failed-attempts');
    expect(await stored()).toEqual([]);
  });
});
