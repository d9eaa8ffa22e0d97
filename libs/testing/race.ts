import { Client } from 'pg';
import { eventually } from './eventually';
import type { TestSystem } from './system';

/**
 * Lets commands really meet: none of them can store its event, and with it commit, before all of them wait, be it for
 * that or for each other. What only a lock or a constraint prevents happens then every time and not now and then.
 *
 * @param contenders at most eight requests that each raise an event; the api has ten connections. Each begins once those
 *   before it wait, so that which of two comes first at a row is not left to chance
 * @returns what they return, in their order
 */
export async function race<T>(system: TestSystem, contenders: readonly (() => Promise<T>)[]): Promise<T[]> {
  const holder = new Client({ connectionString: system.addresses.databaseUrl, application_name: 'suite' });
  await holder.connect();
  try {
    await holder.query('BEGIN');
    await holder.query('LOCK TABLE messaging.outbox IN SHARE MODE');
    const racing: Promise<T>[] = [];
    for (const contender of contenders) {
      racing.push(contender());
      // Whoever waits longer than two seconds is refused.
      await eventually(async () => (await waiting(system)) >= racing.length, 1_900);
    }
    await holder.query('COMMIT');
    return await Promise.all(racing);
  } finally {
    await holder.end();
  }
}

async function waiting(system: TestSystem): Promise<number> {
  const [row] = await system.sql<{ count: number }>(
    `SELECT count(*)::int AS count FROM pg_stat_activity
     WHERE datname = current_database() AND application_name = 'rookery-api' AND wait_event_type = 'Lock'`,
  );
  return row!.count;
}
