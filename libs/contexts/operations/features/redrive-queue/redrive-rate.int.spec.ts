import { enroll } from '@rookery/contexts/identity/testing';
import { privateSystem } from '@rookery/testing';

describe('requests to redrive', () => {
  const system = privateSystem({
    RATE_LIMIT_ENABLED: 'true',
    RATE_LIMIT_DEFAULT: '10000/1',
    // Per hour, so that nothing of them comes back while a slow machine is at it.
    RATE_LIMIT_REDRIVE: '2/3600',
  });

  it('are limited per account', async () => {
    const [one, other] = [await enroll(system, { role: 'admin' }), await enroll(system, { role: 'admin' })];
    const redrive = ({ token }: { token: string }) =>
      system.ask('POST /v1/admin/queues/mail/redrive', { token, body: {} });
    const statuses = [];
    for (let nr = 0; nr < 3; nr += 1) statuses.push((await redrive(one)).status);
    expect(statuses).toEqual([202, 202, 429]);
    expect((await redrive(other)).status).toBe(202);
  });
});
