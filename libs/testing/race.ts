import { Client } from 'pg';
import { eventually } from './eventually';
import type { TestSystem } from './system';

/**
 * A statement fails after waiting two seconds for a lock. If it takes longer until all contenders wait, the attempt is
 * repeated.
 */
const MAX_WAIT_MS = 1_600;
const ATTEMPTS = 5;

/**
 * Forces a race: no command can store its event and commit before all of them are waiting, for this lock or for each
 * other. Errors that only a lock or a constraint prevents then happen every time, not only sometimes.
 *
 * @param contenders at most eight requests that each raise an event; the api has ten connections. Each starts when the
 *   previous ones are waiting, so that the order in which they reach a row is deterministic. If the machine is too busy
 *   for all to wait at once, their changes are rolled back and they are called again
 * @param options.inOrder false if the order does not matter: all start at once, so that on a slow machine the first
 *   does not exceed the lock timeout
 * @returns their results, in the same order
 */
export async function race<T>(
  system: TestSystem,
  contenders: readonly (() => Promise<T>)[],
  { inOrder = true } = {},
): Promise<T[]> {
  for (let attempt = 1; ; attempt += 1) {
    const racing = await gather(system, contenders, inOrder);
    if (racing) return Promise.all(racing);
    if (attempt === ATTEMPTS)
      throw new Error(`In ${ATTEMPTS} attempts the ${contenders.length} contenders never all waited.`);
  }
}

/**
 * @returns contenders that no longer wait; undefined if the first would have waited too long, so that nothing was
 *   committed
 */
async function gather<T>(
  system: TestSystem,
  contenders: readonly (() => Promise<T>)[],
  inOrder: boolean,
): Promise<Promise<T>[] | undefined> {
  const holder = new Client({ connectionString: system.addresses.databaseUrl, application_name: 'suite' });
  await holder.connect();
  try {
    await holder.query('BEGIN');
    await holder.query('LOCK TABLE messaging.outbox IN SHARE MODE');
    const racing: Promise<T>[] = [];
    for (const contender of contenders) {
      const contending = contender();
      contending.catch(() => undefined); // handled by the caller
      racing.push(contending);
      if (!inOrder && racing.length < contenders.length) continue;
      const { isLate } = await eventually(async () => {
        const { count, longestMs } = await waiting(system);
        if (longestMs > MAX_WAIT_MS) return { isLate: true };
        return count >= racing.length && { isLate: false };
      }, 20_000);
      if (!isLate) continue;
      // No event can be stored, so each times out or is rejected.
      await Promise.allSettled(racing);
      return undefined;
    }
    await holder.query('COMMIT');
    await Promise.allSettled(racing);
    return racing;
  } finally {
    await holder.end();
  }
}

interface Waiting {
  count: number;
  /** How long the first contender has waited. */
  longestMs: number;
}

async function waiting(system: TestSystem): Promise<Waiting> {
  const [row] = await system.sql<Waiting>(
    `SELECT count(*)::int AS count,
            coalesce(max(extract(epoch FROM clock_timestamp() - lock.waitstart) * 1000), 0)::float AS "longestMs"
     FROM pg_stat_activity LEFT JOIN pg_locks lock ON lock.pid = pg_stat_activity.pid AND NOT lock.granted
     WHERE datname = current_database() AND application_name = 'rookery-api' AND wait_event_type = 'Lock'`,
  );
  return row!;
}
