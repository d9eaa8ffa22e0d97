import { setTimeout as pause } from 'node:timers/promises';
import { type DataSource, type EntityManager, MigrationExecutor } from 'typeorm';
import { createMigrationDataSource } from './data-source';

const LOCK = "hashtext('rookery.migrate')";
/** Milliseconds between two attempts to get the lock. */
const TURN_MS = 100;

/**
 * Applies the missing migrations. Any number of processes may call it concurrently: one works, the others wait and find
 * nothing left to do.
 *
 * @param url of the database
 * @param log receives a line for each migration applied
 * @param afterwards updates rows that are derived from the code, in a separate transaction; returns a line for each
 *   change
 * @throws Error naming a migration that is misnamed, or older than one that is applied
 */
export async function migrate(
  url: string,
  log: (line: string) => void,
  afterwards?: (runner: EntityManager) => Promise<string[]>,
): Promise<void> {
  await inTurn(url, async (dataSource) => {
    await refuseOlder(dataSource);
    const applied = await dataSource.runMigrations();
    for (const { name } of applied) log(`applied ${name}`);
    const changes = afterwards ? await dataSource.transaction(afterwards) : [];
    changes.forEach(log);
    if (applied.length + changes.length === 0) log('nothing to apply');
  });
}

/**
 * Reverts the latest migration and deletes the data that depends on it: for development. In production, revert with a
 * new migration.
 *
 * @param url of the database
 * @param log receives a line that names the migration
 */
export async function migrateDown(url: string, log: (line: string) => void): Promise<void> {
  await inTurn(url, async (dataSource) => {
    const newest = async () => (await new MigrationExecutor(dataSource).getExecutedMigrations())[0]?.name;
    const name = await newest();
    if (name === undefined) return log('nothing to revert');
    await dataSource.undoLastMigration();
    log(`reverted ${name}`);
  });
}

/**
 * Serializes concurrent changes of the schema. It polls for the lock, because a statement that waits for it would hold
 * a snapshot, and `CREATE INDEX CONCURRENTLY` waits for the end of all snapshots.
 */
async function inTurn(url: string, work: (dataSource: DataSource) => Promise<void>): Promise<void> {
  const dataSource = await createMigrationDataSource(url).initialize();
  try {
    const turn = dataSource.createQueryRunner();
    const isMine = async () => {
      const [row] = (await turn.query(`SELECT pg_try_advisory_lock(${LOCK}) AS mine`)) as [{ mine: boolean }];
      return row.mine;
    };
    while (!(await isMine())) await pause(TURN_MS);
    try {
      await work(dataSource);
    } finally {
      await turn.query(`SELECT pg_advisory_unlock(${LOCK})`);
      await turn.release();
    }
  } finally {
    await dataSource.destroy();
  }
}

/**
 * The order of migrations must be the same everywhere: a migration that is older than an applied one would run in a
 * different order in a new database.
 *
 * @throws Error naming a migration that is older than the latest that is applied
 */
async function refuseOlder(dataSource: DataSource): Promise<void> {
  const executor = new MigrationExecutor(dataSource);
  const [latest] = (await executor.getExecutedMigrations()).toSorted((a, b) => b.timestamp - a.timestamp);
  const older = (await executor.getPendingMigrations()).find(
    ({ timestamp }) => latest && timestamp < latest.timestamp,
  );
  if (older)
    throw new Error(
      `The migration ${older.name} is older than ${latest!.name}, which is already applied to this database: give its file in migrations/ and its class a new timestamp; npm run migration -- what-it-does creates one.`,
    );
}
