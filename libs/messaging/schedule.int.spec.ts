import { HealthChecks, registry } from '@rookery/observability';
import { Sql, Transaction } from '@rookery/persistence';
import { eventually } from '@rookery/testing';
import { contextOf } from '@rookery/testing/context';
import { ownSystem } from '@rookery/testing/own-system';
import { Schedule, type Scheduled, Schedules } from '.';

@Schedule('suite.strike-the-hour', { everySeconds: 1 })
class StrikeTheHour implements Scheduled {
  constructor(private readonly sql: Sql) {}

  async run(slot: Date): Promise<void> {
    await this.sql.execute('INSERT INTO suite.stroke VALUES ($1)', [slot]);
    await this.sql.row('SELECT pg_sleep(0.05)');
  }
}

let runs = 0;

/** Whose next slot begins in 2033: an hour may end while the suite runs. */
@Schedule('suite.wind-the-clock', { everySeconds: 1_000_000_000 })
class WindTheClock implements Scheduled {
  constructor(private readonly sql: Sql) {}

  async run(): Promise<void> {
    await this.sql.execute('INSERT INTO suite.winding VALUES ($1)', [runs + 1]);
    runs += 1; // not before the table exists: the workers start first
    if (runs < 3) throw new Error('the key is stuck');
  }
}

@Schedule('suite.greet-the-year', { cron: '0 0 1 1 *', timeZone: 'Europe/Berlin' })
class GreetTheYear implements Scheduled {
  constructor(private readonly sql: Sql) {}

  async run(slot: Date): Promise<void> {
    await this.sql.execute('INSERT INTO suite.greeting VALUES ($1)', [slot]);
  }
}

@Schedule('suite.turn-the-rusty-key', { everySeconds: 1 })
class TurnTheRustyKey implements Scheduled {
  turns = 0;

  async run(): Promise<void> {
    this.turns += 1;
    throw new Error('it is rusty');
  }
}

const CRUMBS = 7;
const CRUMBS_AT_A_TIME = 3;

@Schedule('suite.sweep-crumbs', { everySeconds: 1_000_000_000 })
class SweepCrumbs implements Scheduled {
  constructor(private readonly sql: Sql) {}

  async run(): Promise<boolean> {
    const swept = await this.sql.execute(
      `WITH swept AS (
         DELETE FROM suite.crumb WHERE number IN (SELECT number FROM suite.crumb LIMIT $1) RETURNING number
       ) INSERT INTO suite.sweep SELECT number, pg_current_xact_id()::text FROM swept`,
      [CRUMBS_AT_A_TIME],
    );
    return swept === CRUMBS_AT_A_TIME;
  }
}

const LEAVES = 3;

/** After its first batch its row is locked for more than one round of the worker. */
@Schedule('suite.rake-leaves', { everySeconds: 1_000_000_000 })
class RakeLeaves implements Scheduled {
  private isFirst = true;

  constructor(
    private readonly sql: Sql,
    private readonly transaction: Transaction,
    private readonly key: TurnTheRustyKey,
  ) {}

  async run(slot: Date): Promise<boolean> {
    await this.sql.execute('INSERT INTO suite.rake VALUES ($1)', [slot]);
    if (this.isFirst) this.transaction.afterCommit(() => this.lock());
    this.isFirst = false;
    return (await this.sql.rows('SELECT FROM suite.rake')).length < LEAVES;
  }

  /** As another worker does that looks whether it is the first to run the slot. */
  private async lock(): Promise<void> {
    const locked = Promise.withResolvers<void>();
    const locking = this.transaction.run(async () => {
      await this.sql.execute(
        `SELECT FROM messaging.schedule_run WHERE name = 'suite.rake-leaves' FOR UPDATE`,
      );
      locked.resolve();
      const before = this.key.turns;
      await eventually(() => this.key.turns >= before + 2, 5_000);
    });
    locking.catch(locked.reject);
    await locked.promise;
  }
}

describe('A schedule', () => {
  const system = ownSystem([
    contextOf('suite', {
      schedules: [GreetTheYear, RakeLeaves, StrikeTheHour, SweepCrumbs, TurnTheRustyKey, WindTheClock],
    }),
  ]);
  beforeAll(async () => {
    await system.startWorker();
    await system.sql('CREATE SCHEMA suite');
    await system.sql('CREATE TABLE suite.stroke (slot timestamptz NOT NULL)');
    await system.sql('CREATE TABLE suite.rake (slot timestamptz NOT NULL)');
    await system.sql('CREATE TABLE suite.greeting (slot timestamptz NOT NULL)');
    await system.sql('CREATE TABLE suite.sweep (number int NOT NULL, transaction text NOT NULL)');
    await system.sql(
      `CREATE TABLE suite.crumb AS SELECT number::int FROM generate_series(1, ${CRUMBS}) AS number`,
    );
    await system.sql('CREATE TABLE suite.winding (run int NOT NULL)');
  });

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

  it('goes on while there is more to do, in transactions of their own', async () => {
    const batches = await eventually(async () => {
      const found = await system.sql<{ size: number }>(
        'SELECT count(*)::int AS size FROM suite.sweep GROUP BY transaction ORDER BY size DESC',
      );
      return found.reduce((total, { size }) => total + size, 0) === CRUMBS && found;
    });
    expect(batches.map(({ size }) => size)).toEqual([3, 3, 1]);
  });

  it('goes on although another worker had locked its row for a moment', async () => {
    await eventually(async () => (await system.sql('SELECT FROM suite.rake')).length === LEAVES);
  });

  it('that no worker manages to run is reported with the time since its first slot that was not done', async () => {
    const checks = system.inWorker(HealthChecks);
    const reported = async () =>
      (await checks.dependencies()).find(({ name }) => name === 'schedules')?.health;
    const lateOf = async (name: string) => (await system.inWorker(Schedules).lateness()).get(name);
    expect(await reported()).toMatchObject({ status: 'up' });
    await system.sql(
      `INSERT INTO messaging.schedule_run VALUES ('suite.turn-the-rusty-key', date_trunc('second', now()) - interval '601 s')`,
    );
    expect(await lateOf('suite.turn-the-rusty-key')).toBeGreaterThanOrEqual(600);
    expect(await lateOf('suite.wind-the-clock')).toBe(0);
    await eventually(async () => (await reported())?.status === 'degraded');
    expect((await reported())?.detail).toMatch(
      /^No worker has run these schedules: suite\.turn-the-rusty-key for \d+ min\. The log says why\.$/,
    );
    const scraped = await registry.getSingleMetricAsString('rookery_schedule_late_seconds');
    expect(scraped).toMatch(/schedule="suite\.turn-the-rusty-key"[^}]*\} [6-9]\d\d/);
    expect(scraped).toMatch(/schedule="suite\.wind-the-clock"[^}]*\} 0$/m);
  });

  describe('by the time of day', () => {
    const NEW_YEAR = `date_trunc('year', now() AT TIME ZONE 'Europe/Berlin') AT TIME ZONE 'Europe/Berlin'`;
    const recorded = () =>
      system.sql<{ current: boolean }>(
        `SELECT slot = ${NEW_YEAR} AS current FROM messaging.schedule_run WHERE name = 'suite.greet-the-year'`,
      );
    const greetings = () => system.sql(`SELECT slot = ${NEW_YEAR} AS current FROM suite.greeting`);

    it('begins with the next slot after a worker knows it first', async () => {
      await eventually(async () => (await recorded()).length === 1);
      expect(await recorded()).toEqual([{ current: true }]);
      expect(await greetings()).toEqual([]);
    });

    it('makes up once for slots that passed while no worker ran, and is told which was the last', async () => {
      await system.sql(
        `UPDATE messaging.schedule_run SET slot = slot - interval '3 years' WHERE name = 'suite.greet-the-year'`,
      );
      await eventually(async () => (await recorded())[0]!.current);
      const strokes = async () => (await system.sql('SELECT 1 FROM suite.stroke')).length;
      const before = await strokes();
      await eventually(async () => (await strokes()) >= before + 2);
      expect(await greetings()).toEqual([{ current: true }]);
    });
  });

  it('has a name of its own', () => {
    const schedules = system.inWorker(Schedules);
    expect(schedules.all()).toContain('suite.strike-the-hour');
    expect(() => schedules.register(StrikeTheHour)).toThrow(
      'Two schedules are named suite.strike-the-hour: StrikeTheHour and StrikeTheHour',
    );
  });
});
