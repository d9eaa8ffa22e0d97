import { mkdtempSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startPostgres } from '../../tools/parts/postgres.mts';
import { parts } from './parts';

/** Starts one throw-away PostgreSQL for the whole run; every suite has a database of its own in it. */
export default async function setup(): Promise<void> {
  parts.users += 1;
  if (parts.stop) return;
  const folder = mkdtempSync(join(tmpdir(), 'rookery-test-'));
  const postgres = await startPostgres({ dataDir: join(folder, 'postgres'), durable: false });
  parts.stop = async () => {
    await postgres.stop('immediate');
    await rm(folder, { recursive: true, force: true });
  };
  process.env.ROOKERY_TEST_DATABASE_URL = postgres.url;
}
