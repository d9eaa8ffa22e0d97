import { mkdtempSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startPostgres } from '../../tools/parts/postgres.mts';
import { build } from '../../tools/support/build.mts';
import { runNode } from '../../tools/support/commands.mts';
import { step } from '../../tools/support/steps.mts';
import { atEnd, endOnSignals } from '../../tools/support/undo.mts';
import { parts } from './parts';
import { Systems } from './systems';

/**
 * Compiles the apps and starts one temporary PostgreSQL for the whole run, with a migrated template database that all
 * others are copied from. The systems of the suites start on first use.
 */
export default async function setup(): Promise<void> {
  parts.users += 1;
  if (parts.stop) return;
  // Jest does not handle signals: child processes, such as the build, would continue without it.
  endOnSignals();
  await step('Build', build, (compiled) => (compiled ? undefined : '(up to date)'));
  const folder = mkdtempSync(join(tmpdir(), 'rookery-test-'));
  parts.stop = () => rm(folder, { recursive: true, force: true });
  atEnd(() => parts.stop?.());
  const postgres = await startPostgres({ dataDir: join(folder, 'postgres'), durable: false });
  const systems = new Systems(folder);
  parts.stop = async () => {
    await systems.stop();
    await postgres.stop('immediate');
    await rm(folder, { recursive: true, force: true });
  };
  await runNode('dist/migrations/migrate.js', [], { env: { DATABASE_URL: postgres.url }, quiet: true });
  process.env.ROOKERY_TEST_DATABASE_URL = postgres.url;
  process.env.ROOKERY_TEST_SYSTEMS_URL = await systems.listen();
}
