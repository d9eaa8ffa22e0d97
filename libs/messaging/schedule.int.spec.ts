import { Sql } from '@rookery/persistence';
import { eventually } from '@rookery/testing';
import { contextOf } from '@rookery/testing/context';
import { OwnSystem } from '@rookery/testing/own-system';
import { Schedule, type Scheduled, Schedules } from '.';

@Schedule('suite.strike-the-hour', { everySeconds: 1 })
class StrikeTheHour implements Scheduled {
  constructor(private readonly sql: Sql) {}

  async run(): Promise<void> {
    await this.sql.execute(`INSERT INTO suite.stroke SELECT date_bin('1 s', now(), 'epoch')`);
    await this.sql.row('SELECT pg_sleep(0.05)');
  }
}

let runs = 0;

@Schedule('suite.wind-the-clock', { everySeconds: 3_600 })
class WindTheClock implements Scheduled {
  constructor(private readonly sql: Sql) {}

  async run(): Promise<void> {
    await this.sql.execute('INSERT INTO suite.winding VALUES ($1)', [runs + 1]);
    runs += 1; // not before the table exists: the workers start first
    if (runs < 3) throw new Error('the key is stuck');
  }
}

describe('A schedule', () => {
  let system: OwnSystem;

  beforeAll(async () => {
    system = await OwnSystem.start([contextOf('suite', { schedules: [StrikeTheHour, WindTheClock] })]);
    await system.startWorker();
    await system.sql('CREATE SCHEMA suite');
    await system.sql('CREATE TABLE suite.stroke (slot timestamptz NOT NULL)');
    await system.sql('CREATE TABLE suite.winding (run int NOT NULL)');
  });
  afterAll(() => system.stop());

  it('runs once per slot, whatever the number of workers', async () => {
    const slots = await eventually(async () => {
      const found = await system.sql<{ times: number }>(
        'SELECT count(*)::int AS times FROM suite.stroke GROUP BY slot ORDER BY slot',
      );
      return found.length >= 4 && found;
    });
    expect(slots.map(({ times }) => times)).toEqual(slots.map(() => 1));
  });

  it('that fails changes nothing, is retried, and then waits for the next slot', async () => {
    const windings = () => system.sql('SELECT run FROM suite.winding');
    await eventually(async () => (await windings()).length === 1);
    const strokes = async () => (await system.sql('SELECT 1 FROM suite.stroke')).length;
    const before = await strokes();
    await eventually(async () => (await strokes()) >= before + 2);
    expect(await windings()).toEqual([{ run: 3 }]);
    expect(runs).toBe(3);
  });

  it('has a name of its own', () => {
    const schedules = system.inWorker(Schedules);
    expect(schedules.all()).toContainEqual({ name: 'suite.strike-the-hour', everySeconds: 1 });
    expect(() => schedules.register(StrikeTheHour)).toThrow(
      'two schedules named suite.strike-the-hour: StrikeTheHour and StrikeTheHour',
    );
  });
});
