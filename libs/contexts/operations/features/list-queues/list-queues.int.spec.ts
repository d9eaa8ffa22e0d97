import { enroll } from '@rookery/contexts/identity/testing';
import { declaredQueues } from '@rookery/messaging';
import '@rookery/contexts'; // declares queues, too
import { eventually, type Person, privateSystem } from '@rookery/testing';
import { failedDelivery } from '../../testing';

describe('the list of queues', () => {
  const system = privateSystem();
  let operator: Person;

  beforeAll(async () => {
    operator = await enroll(system, { role: 'admin' });
    await system.closeWorker(); // its jobs would change the numbers
  });

  const list = (query = '') => system.ask(`GET /v1/admin/queues${query}`, { token: operator.token });
  const row = async (name: string) =>
    (await list()).body.data.find((queue: { name: string }) => queue.name === name);

  it('has every declared queue, by name, in pages', async () => {
    const names = declaredQueues().map(({ name }) => name);
    const { body } = await list();
    expect(body.data.map(({ name }: { name: string }) => name)).toEqual(names);
    const first = await list(`?limit=${names.length - 1}`);
    const rest = await list(`?limit=5&cursor=${first.body.page.nextCursor}`);
    expect([...first.body.data, ...rest.body.data].map(({ name }) => name)).toEqual(names);
    expect(rest.body.page.nextCursor).toBeNull();
  });

  it('counts jobs in Redis, and failed deliveries in the ledger', async () => {
    const before = await row('bulk-mail');
    expect(before).toEqual({
      name: 'bulk-mail',
      class: 'default',
      waiting: 0,
      active: 0,
      delayed: 0,
      failed: 0,
      paused: false,
    });
    await failedDelivery({ system });
    await failedDelivery({ system });
    await system.redis('lpush', '{rookery}:bulk-mail:wait', 'one', 'two', 'three');
    await system.redis('zadd', '{rookery}:bulk-mail:delayed', 1, 'four');
    expect(await row('mail')).toMatchObject({ failed: 2 });
    expect(await row('bulk-mail')).toMatchObject({ waiting: 3, delayed: 1, failed: 0 });
  });

  it('is unavailable while Redis is down', async () => {
    await system.killRedis();
    const down = await eventually(async () => {
      const response = await list();
      return response.status === 503 && response;
    });
    expect(down).toMatchObject({ body: { code: 'dependency.unavailable' } });
    expect(down.headers['retry-after']).toBeDefined();
    await system.startRedisEmpty();
    await eventually(async () => (await list()).status === 200);
  });
});
