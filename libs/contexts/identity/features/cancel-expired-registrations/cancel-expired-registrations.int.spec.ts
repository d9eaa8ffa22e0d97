import { contexts } from '@rookery/contexts';
import { Transaction } from '@rookery/persistence';
import { newcomer, signUp } from '@rookery/contexts/identity/testing';
import { OwnSystem } from '@rookery/testing/own-system';
import { CancelExpiredRegistrations } from './cancel-expired-registrations';

describe('cancelling registrations that nobody verified in time', () => {
  let system: OwnSystem;

  beforeAll(async () => {
    system = await OwnSystem.start(contexts);
  });
  afterAll(() => system.stop());

  const run = () => system.inWorker(Transaction).run(() => system.inWorker(CancelExpiredRegistrations).run());

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
    await run();

    const left = await system.sql<{ email: string }>('SELECT email FROM identity.users ORDER BY email');
    expect(left.map(({ email }) => email).sort()).toEqual([young.email, active.email].sort());
    const again = await system.ask('POST /v1/auth/register', { body: newcomer({ username: late.username }) });
    expect(again.status).toBe(202);
  });

  it('is done by the worker on its own', async () => {
    const schedules = await system.sql<{ name: string }>(
      'SELECT name FROM messaging.schedule_run ORDER BY name',
    );
    expect(schedules.map(({ name }) => name)).toContain('identity.cancel-expired-registrations');
  });
});
