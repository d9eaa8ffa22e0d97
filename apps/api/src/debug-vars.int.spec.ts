import { contexts } from '@rookery/contexts';
import { Sql, Transaction } from '@rookery/persistence';
import { enroll } from '@rookery/contexts/identity/testing';
import { eventually } from '@rookery/testing';
import { ownSystem } from '@rookery/testing/own-system';

const basic = (user: string, password: string) => ({
  authorization: `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`,
});

describe('GET /v1/debug/vars', () => {
  const system = ownSystem(contexts, { SERVICE_VERSION: '9.8.7' });

  const look = (headers: Record<string, string>) => system.ask('GET /v1/debug/vars', { headers });

  it('shows operators what the process is doing', async () => {
    const { status, headers, body } = await look(basic('ops', 'ops'));
    expect({ status, caching: headers['cache-control'] }).toEqual({ status: 200, caching: 'no-store' });
    expect(body).toMatchObject({
      version: '9.8.7',
      process: {
        pid: process.pid,
        node: process.version,
        memory: { rss: expect.any(Number), heapLimit: expect.any(Number) },
      },
      eventLoop: { utilization: expect.any(Number), p99Ms: expect.any(Number) },
      pool: { max: 10, waiting: 0 },
      system: { cpus: expect.any(Number) },
    });
    expect(body.pool.open).toBeGreaterThanOrEqual(body.pool.idle);
    expect(body.uptimeSeconds).toBeGreaterThan(0);
  });

  it('counts the connections that are at work', async () => {
    const atWork = async () => {
      const { open, idle } = (await look(basic('ops', 'ops'))).body.pool;
      return open - idle;
    };
    const before = await atWork();
    await system.inApi(Transaction).run(async () => {
      await system.inApi(Sql).execute('SELECT 1');
      expect(await atWork()).toBe(before + 1);
    });
  });

  it('reports only the delay of the event loop timer, not its interval', async () => {
    await eventually(async () => (await look(basic('ops', 'ops'))).body.eventLoop.p50Ms < 15);
  });

  it('rejects everybody except operators', async () => {
    const { token } = await enroll(system, { role: 'admin' });
    for (const headers of [{}, basic('ops', 'wrong'), { authorization: `Bearer ${token}` }]) {
      const { status, headers: answered } = await look(headers);
      expect({ status, challenge: answered['www-authenticate'] }).toEqual({
        status: 401,
        challenge: expect.stringContaining('Basic'),
      });
    }
  });
});
