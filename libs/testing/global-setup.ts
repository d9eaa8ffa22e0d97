import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startPostgres } from '../../tools/parts/postgres.mts';
import { parts } from './parts';

/** Starts one throw-away PostgreSQL for the whole run; every suite has a database of its own in it. */
export default async function setup(): Promise<void> {
  parts.folder = mkdtempSync(join(tmpdir(), 'rookery-test-'));
  const postgres = await startPostgres({ dataDir: join(parts.folder, 'postgres'), durable: false });
  parts.stop = () => postgres.stop('immediate');
  process.env.ROOKERY_TEST_DATABASE_URL = postgres.url;
}
