import { HealthChecks } from './health-checks';

const ESSENTIAL = { critical: true, ready: 'always' } as const;

/** Reads readiness `times` times, each time after the last result has expired. */
async function readiness(checks: HealthChecks, times = 1): Promise<boolean> {
  let ready = false;
  for (let time = 0; time < times; time += 1) {
    jest.advanceTimersByTime(1_001);
    ready = (await checks.readiness()).every((dependency) => dependency.ready);
  }
  return ready;
}

describe('Health checks', () => {
  let works: boolean;
  let asked: number;
  let checks: HealthChecks;

  beforeEach(() => {
    jest.useFakeTimers();
    works = true;
    asked = 0;
    checks = new HealthChecks();
    checks.addDependency(
      'postgres',
      async () => {
        asked += 1;
        if (!works) throw Object.assign(new Error('no entry for host 10.1.2.3'), { code: 'ECONNREFUSED' });
      },
      ESSENTIAL,
    );
  });

  afterEach(() => jest.useRealTimers());

  it('are not ready before the first success', async () => {
    works = false;
    expect(await readiness(checks)).toBe(false);
    works = true;
    expect(await readiness(checks)).toBe(true);
  });

  it('stay ready through two failures, turn unready at the third and ready at the next success', async () => {
    await readiness(checks);
    works = false;
    expect(await readiness(checks, 2)).toBe(true);
    expect(await readiness(checks)).toBe(false);
    works = true;
    expect(await readiness(checks)).toBe(true);
  });

  it('count failures in a row only', async () => {
    await readiness(checks);
    works = false;
    await readiness(checks, 2);
    works = true;
    await readiness(checks);
    works = false;
    expect(await readiness(checks, 2)).toBe(true);
  });

  it('ask a dependency at most once a second, however often they are read', async () => {
    jest.advanceTimersByTime(1_001);
    await Promise.all([checks.readiness(), checks.readiness(), checks.dependencies()]);
    await checks.dependencies();
    expect(asked).toBe(1);
    jest.advanceTimersByTime(1_001);
    await checks.dependencies();
    expect(asked).toBe(2);
  });

  it('report failures without messages of libraries', async () => {
    works = false;
    const [postgres] = await checks.dependencies();
    expect(postgres!.health).toMatchObject({ status: 'down', detail: 'fails with ECONNREFUSED' });
  });

  it('time out for a dependency that does not respond', async () => {
    checks.addDependency('redis', () => new Promise<void>(() => undefined), ESSENTIAL);
    const reading = checks.dependencies();
    await jest.advanceTimersByTimeAsync(2_000);
    const redis = (await reading).find(({ name }) => name === 'redis');
    expect(redis!.health).toEqual({ status: 'down', latencyMs: 2000, detail: 'no response within 2000 ms' });
  });

  it('tell a dependency that works badly from one that does not', async () => {
    checks.addDependency('smtp', async () => ({ degraded: 'queue is long' }), {
      critical: false,
      ready: 'never',
    });
    const smtp = (await checks.dependencies()).find(({ name }) => name === 'smtp');
    expect(smtp!.health).toMatchObject({ status: 'degraded', detail: 'queue is long' });
  });

  it('leave out of readiness what it does not depend on', async () => {
    checks.addDependency('smtp', () => Promise.reject(new Error()), { critical: false, ready: 'never' });
    expect(await readiness(checks, 3)).toBe(true);
  });

  it('refuse a name that is taken', () => {
    expect(() => checks.addDependency('postgres', async () => undefined, ESSENTIAL)).toThrow(
      'registered twice',
    );
  });

  it('report a missing heartbeat until it beats again', () => {
    const beat = checks.addHeartbeat('relay', 500);
    expect(checks.silentHeartbeats()).toEqual([]);
    jest.advanceTimersByTime(501);
    expect(checks.silentHeartbeats()).toEqual(['relay']);
    beat();
    expect(checks.silentHeartbeats()).toEqual([]);
  });

  it('wait once for what can be done without later', async () => {
    const once = new HealthChecks();
    const check = () => (works ? Promise.resolve() : Promise.reject(new Error('away')));
    once.addDependency('redis', check, { critical: false, ready: 'once' });
    works = false;
    expect(await readiness(once)).toBe(false);
    works = true;
    expect(await readiness(once)).toBe(true);
    works = false;
    expect(await readiness(once, 5)).toBe(true);
  });
});
