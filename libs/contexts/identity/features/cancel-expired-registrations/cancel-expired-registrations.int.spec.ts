import { newcomer, signUp } from '@rookery/contexts/identity/testing';
import { sharedSystem } from '@rookery/testing';
import { Client } from 'pg';

describe('canceling registrations that were not verified in time', () => {
  const system = sharedSystem();

  it('frees address and username after three days, not before, and leaves active accounts alone', async () => {
    const late = newcomer();
    const young = newcomer();
    const active = await signUp(system);
    await system.ask('POST /v1/auth/register', { body: late });
    await system.ask('POST /v1/auth/register', { body: young });
    await system.sql(
      `UPDATE identity.users SET registered_at = now() - interval '3 days 1 s' WHERE email = ANY ($1::text[])`,
      [[late.email, active.email]],
    );
    await system.sql(
      `UPDATE identity.users SET registered_at = now() - interval '2 days 23 h' WHERE email = $1`,
      [young.email],
    );
    await system.runSchedule('identity.cancel-expired-registrations');

    const left = await system.sql<{ email: string }>(
      'SELECT email FROM identity.users WHERE email = ANY ($1)',
      [[late.email, young.email, active.email]],
    );
    expect(left.map(({ email }) => email).sort()).toEqual([young.email, active.email].sort());
    const again = await system.ask('POST /v1/auth/register', { body: newcomer({ username: late.username }) });
    expect(again.status).toBe(202);
  });

  it('does not wait for one that is being verified', async () => {
    const verifying = newcomer();
    const late = newcomer();
    for (const body of [verifying, late]) await system.ask('POST /v1/auth/register', { body });
    await system.sql(
      `UPDATE identity.users SET registered_at = now() - interval '4 days' WHERE email = ANY ($1::text[])`,
      [[verifying.email, late.email]],
    );
    const left = async () =>
      (
        await system.sql<{ email: string }>('SELECT email FROM identity.users WHERE email = ANY ($1)', [
          [verifying.email, late.email],
        ])
      ).map(({ email }) => email);
    const owner = new Client({ connectionString: system.addresses.databaseUrl, application_name: 'suite' });
    await owner.connect();
    try {
      await owner.query('BEGIN');
      await owner.query(`UPDATE identity.users SET status = 'active' WHERE email = $1`, [verifying.email]);
      await system.runSchedule('identity.cancel-expired-registrations');
      expect(await left()).toEqual([verifying.email]);
      await owner.query('COMMIT');
    } finally {
      await owner.end();
    }
    await system.runSchedule('identity.cancel-expired-registrations');
    expect(await left()).toEqual([verifying.email]);
  });
});
