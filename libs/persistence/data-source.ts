import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { DataSource, type DataSourceOptions, type EntitySchema, type MigrationInterface } from 'typeorm';
import { LedgerClient } from './ledger-client';
import type { DatabaseSettings } from './settings';

const MIGRATIONS = join(__dirname, '../../migrations');

/**
 * Timeouts of every connection, in ms, for stuck statements, locks and peers. After `connectionTimeoutMillis` a caller
 * who has given up (see {@link waitForConnection}) also leaves the queue of the pool.
 */
const LIMITS = {
  statement_timeout: 5_000,
  lock_timeout: 2_000,
  idle_in_transaction_session_timeout: 10_000,
  query_timeout: 8_000,
  connectionTimeoutMillis: 10_000,
};

/**
 * Sessions are read-only except in a {@link Transaction}, so PostgreSQL itself rejects a write outside one (SQLSTATE
 * 25006). JIT compilation is off: a statement that scans an index until a page is full has a high cost estimate but
 * takes less than a millisecond, and compiling it takes a hundred.
 */
const SESSION = '-c default_transaction_read_only=on -c jit=off';

/**
 * The data source of a running process.
 *
 * @param schemas of the stored aggregates
 * @param name of the process in `pg_stat_activity`
 */
export function dataSourceOptions(
  settings: DatabaseSettings,
  schemas: EntitySchema[],
  name: string,
): DataSourceOptions {
  return {
    type: 'postgres',
    url: settings.url,
    applicationName: name,
    poolSize: settings.poolSize,
    entities: schemas,
    extra: { ...LIMITS, Client: LedgerClient, keepAlive: true, options: SESSION },
  };
}

/**
 * The data source for migrations.
 *
 * @param url of the database
 */
export function createMigrationDataSource(url: string): DataSource {
  return new DataSource({
    type: 'postgres',
    url,
    applicationName: 'rookery-migrate',
    poolSize: 2,
    migrations: loadMigrations(),
    migrationsTableName: 'schema_migrations',
    migrationsTransactionMode: 'each',
    extra: {
      Client: LedgerClient,
      lock_timeout: LIMITS.lock_timeout,
      connectionTimeoutMillis: LIMITS.connectionTimeoutMillis,
    },
  });
}

/** `1763700000000-create-messaging.ts`: milliseconds since 1970, then what it does. */
const MIGRATION_FILE = /^(\d{13})-([a-z0-9-]+)\.[jt]s$/;
/** Other allowed files: the program that applies them, and output of the compiler. */
const OTHER_FILE = /^migrate\.[jt]s$|\.d\.ts$|\.map$/;

/**
 * @param folder of the migrations
 * @returns the migrations in the order of their timestamps
 * @throws Error naming a file that is not named like a migration, or whose class is named differently: the database
 *   records migrations by the name of the class
 */
export function loadMigrations(folder = MIGRATIONS): (new () => MigrationInterface)[] {
  return readdirSync(folder)
    .filter((file) => !OTHER_FILE.test(file))
    .sort()
    .map((file) => {
      const [, stamp, words] = MIGRATION_FILE.exec(file) ?? [];
      if (!stamp || !words)
        throw new Error(
          `migrations/${file} would never be applied: name it <13 digits>-what-it-does.ts; npm run migration -- what-it-does creates one.`,
        );
      const exported = Object.values(
        require(join(folder, file)) as Record<string, new () => MigrationInterface>,
      );
      const [migration] = exported;
      const name = classNameOf(words, stamp);
      const recorded = migration && (new migration().name ?? migration.name);
      if (exported.length !== 1 || migration!.name !== name || recorded !== name)
        throw new Error(
          `migrations/${file.replace(/\.js$/, '.ts')} must export one class, named ${name}, and so must its \`name\` read.`,
        );
      return migration!;
    });
}

/** @returns `CreateMessaging1763700000000` */
function classNameOf(words: string, stamp: string): string {
  const parts = words.split('-').map((word) => word.charAt(0).toUpperCase() + word.slice(1));
  return parts.join('') + stamp;
}
