import { enroll } from '@rookery/contexts/identity/testing';
import { eventually, type Person, privateSystem } from '@rookery/testing';
import { failedDelivery } from '../../testing';

describe('the state of the outbox', () => {
  const system = privateSystem();
  let operator: Person;

  beforeAll(async () => {
    operator = await enroll(system, { role: 'admin' });
    await eventually(async () => {
      const { body } = await system.ask('GET /v1/admin/outbox', { token: operator.token });
      return body.unpublished === 0 && body.deliveries.pending === 0;
    });
    await system.closeWorker();
  });

  const read = async () => (await system.ask('GET /v1/admin/outbox', { token: operator.token })).body;

  it('is empty when everything was delivered', async () => {
    expect(await read()).toEqual({
      unpublished: 0,
      oldestSeconds: 0,
      deliveries: { pending: 0, parked: 0, dead: 0 },
    });
  });

  it('counts unpublished events, and deliveries by state', async () => {
    await failedDelivery({ system });
    await failedDelivery({ system });
    const add = (state: string, occurred: string) =>
      system.sql(
        `WITH event AS (
           INSERT INTO messaging.outbox (event_id, type, version, subject, sequence, shard, data, occurred_at)
           VALUES (gen_random_uuid(), 'suite.happened', 1, gen_random_uuid(), 1, 0, '{}', now() - $2::interval) RETURNING *
         )
         INSERT INTO messaging.event_delivery (event_id, subscriber, queue, subject, sequence, ordered, state)
         SELECT event_id, 'suite.nobody', 'mail', subject, 1, false, $1 FROM event`,
        [state, occurred],
      );
    await add('pending', '1 hour');
    await add('parked', '1 minute');
    await add('done', '1 minute');
    const state = await read();
    expect(state).toMatchObject({ unpublished: 3, deliveries: { pending: 1, parked: 1, dead: 2 } });
    expect(state.oldestSeconds).toBeGreaterThanOrEqual(3_600);
  });
});
