import { createMigrationDataSource } from './data-source';

const LOCK = "hashtext('rookery.migrate')";

/**
 * Applies the migrations that are missing. Any number of processes may call it at once: one works, the others wait
 * and find nothing left to do.
 *
 * @param url of the database
 * @param log receives a line for each migration applied
 */
export async function migrate(url: string, log: (line: string) => void): Promise<void> {
  const dataSource = await createMigrationDataSource(url).initialize();
  try {
    const turn = dataSource.createQueryRunner();
    await turn.query('SET lock_timeout = 0');
    await turn.query(`SELECT pg_advisory_lock(${LOCK})`);
    try {
      const applied = await dataSource.runMigrations();
      for (const { name } of applied) log(`applied ${name}`);
      if (applied.length === 0) log('nothing to apply');
    } finally {
      await turn.query(`SELECT pg_advisory_unlock(${LOCK})`);
      await turn.release();
    }
  } finally {
    await dataSource.destroy();
  }
}
