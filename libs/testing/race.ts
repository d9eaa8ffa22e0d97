import { Client } from 'pg';
import { eventually } from './eventually';
import type { TestSystem } from './system';

/**
 * Forces a race: no command can store its event, and so commit, before all of them are waiting, for that or for each
 * other. Errors that only a lock or a constraint prevents then happen every time, not only sometimes.
 *
 * @param contenders at most eight requests that each raise an event; the api has ten connections. Each starts when the
 *   previous ones are waiting, so that the order in which they reach a row is deterministic
 * @param options.inOrder false where the order proves nothing: all start at once, so that on a slow machine the first
 *   does not wait for its lock longer than it may
 * @returns their results, in the same order
 */
export async function race<T>(
  system: TestSystem,
  contenders: readonly (() => Promise<T>)[],
  { inOrder = true } = {},
): Promise<T[]> {
  const holder = new Client({ connectionString: system.addresses.databaseUrl, application_name: 'suite' });
  await holder.connect();
  try {
    await holder.query('BEGIN');
    await holder.query('LOCK TABLE messaging.outbox IN SHARE MODE');
    const racing: Promise<T>[] = [];
    for (const contender of contenders) {
      racing.push(contender());
      if (!inOrder && racing.length < contenders.length) continue;
      // One that waits for its lock longer than two seconds fails; until it waits it may take its time.
      await eventually(async () => (await waiting(system)) >= racing.length, 8_000);
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
