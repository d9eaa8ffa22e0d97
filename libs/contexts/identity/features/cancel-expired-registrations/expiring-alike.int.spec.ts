import { contexts } from '@rookery/contexts';
import { newcomer, signUp } from '@rookery/contexts/identity/testing';
import { Transaction } from '@rookery/persistence';
import { ownSystem } from '@rookery/testing/own-system';
import { CancelExpiredRegistrations } from './cancel-expired-registrations';

const REGISTER = 'POST /v1/auth/register';

describe('a registration that was not verified in time', () => {
  const system = ownSystem(contexts);

  /** The worker runs the schedule only when a test does. */
  beforeAll(() =>
    system.sql(
      `INSERT INTO messaging.schedule_run (name, slot)
       VALUES ('identity.cancel-expired-registrations', now() + interval '1 day')
       ON CONFLICT (name) DO UPDATE SET slot = excluded.slot`,
    ),
  );

  const run = () => system.inWorker(Transaction).run(() => system.inWorker(CancelExpiredRegistrations).run());

  /** Registers an unknown address and that of an account. */
  async function registered() {
    const pending = newcomer();
    const decoy = newcomer({ email: (await signUp(system)).email, password: 'chosen by a stranger' });
    for (const body of [pending, decoy]) expect((await system.ask(REGISTER, { body })).status).toBe(202);
    return { pending, decoy, both: [pending, decoy] };
  }

  /** Moves the ends of all registrations. @param interval from now: `-1 s` */
  async function expire(interval: string): Promise<void> {
    await system.sql(
      `UPDATE identity.users SET registered_at = now() - interval '3 days' + $1::interval WHERE status = 'pending'`,
      [interval],
    );
    await system.sql('UPDATE identity.decoys SET expires_at = now() + $1::interval', [interval]);
  }

  /** @returns what a stranger sees: by the password of the registration, and by its username with other addresses. */
  async function seen({ email, password, username }: ReturnType<typeof newcomer>): Promise<number[]> {
    const { email: known } = await signUp(system);
    const asked = [
      await system.ask('POST /v1/auth/login', { body: { email, password } }),
      await system.ask(REGISTER, { body: newcomer({ username, email: known }) }),
      await system.ask(REGISTER, { body: newcomer({ username }) }),
    ];
    return asked.map(({ status }) => status);
  }

  it('looks the same for an unknown address and one with an account, before and after the end and once it is canceled', async () => {
    const { both } = await registered();
    for (const interval of ['1 hour', '-1 s']) {
      await expire(interval);
      for (const form of both) expect([interval, await seen(form)]).toEqual([interval, [403, 409, 409]]);
    }
    await run();
    // The first of two other addresses gets the username.
    for (const form of both) expect(await seen(form)).toEqual([401, 202, 409]);
  });

  it('is canceled in the order of the ends, whether the address has an account, however many there are', async () => {
    const { pending, decoy, both } = await registered();
    await expire('-1 s');
    const logIn = async () => {
      const statuses = [];
      for (const { email, password } of both)
        statuses.push((await system.ask('POST /v1/auth/login', { body: { email, password } })).status);
      return statuses;
    };
    const left = () =>
      system.sql(
        `SELECT 1 FROM identity.users WHERE email = $1 AND status = 'pending'
         UNION ALL SELECT 1 FROM identity.decoys WHERE email = $2`,
        [pending.email, decoy.email],
      );
    await system.sql(
      `INSERT INTO identity.users
       SELECT (jsonb_populate_record(u, jsonb_build_object('id', gen_random_uuid(), 'email', n || u.email,
         'username', 'crowd-' || n, 'registered_at', u.registered_at - interval '1 hour'))).*
       FROM identity.users u, generate_series(1, 150) AS n WHERE u.email = $1`,
      [pending.email],
    );
    await system.sql(
      `INSERT INTO identity.decoys
       SELECT (jsonb_populate_record(d, jsonb_build_object('id', gen_random_uuid(), 'email', n || d.email,
         'username', 'flock-' || n, 'expires_at', d.expires_at - interval '2 hours'))).*
       FROM identity.decoys d, generate_series(1, 150) AS n WHERE d.email = $1`,
      [decoy.email],
    );
    expect(await run()).toBe(true);
    expect(await logIn()).toEqual([403, 403]);
    expect(await run()).toBe(true);
    expect(await logIn()).toEqual([403, 403]);
    expect(await run()).toBe(true);
    expect(await left()).toHaveLength(2);
    while (await run());
    expect(await logIn()).toEqual([401, 401]);
    expect(await left()).toEqual([]);
  });
});
