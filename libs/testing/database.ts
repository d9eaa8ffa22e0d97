import { randomBytes } from 'node:crypto';
import { Client } from 'pg';

/** A database for one suite: a migrated copy of the template. */
export interface TestDatabase {
  url: string;
  /** Drops it, even if there are connections. */
  drop(): Promise<void>;
}

/**
 * @param options.empty creates it without the migrations
 * @throws Error outside of jest, whose global setup starts PostgreSQL
 */
export async function createTestDatabase({ empty = false } = {}): Promise<TestDatabase> {
  const template = process.env.ROOKERY_TEST_DATABASE_URL;
  if (!template) throw new Error('Integration tests run in the jest projects "integration" and "e2e".');
  const name = `suite_${randomBytes(6).toString('hex')}`;
  await administer(template, async (client) => {
    if (empty) return client.query(`CREATE DATABASE ${name}`);
    // One suite at a time: PostgreSQL cannot copy a database that has connections.
    await client.query('SELECT pg_advisory_lock(1)');
    return client.query(`CREATE DATABASE ${name} TEMPLATE ${new URL(template).pathname.slice(1)}`);
  });
  return {
    url: inDatabase(template, name),
    drop: () => administer(template, (client) => client.query(`DROP DATABASE ${name} WITH (FORCE)`)),
  };
}

async function administer(template: string, work: (client: Client) => Promise<unknown>): Promise<void> {
  const client = new Client({ connectionString: inDatabase(template, 'postgres') });
  await client.connect();
  try {
    await work(client);
  } finally {
    await client.end();
  }
}

function inDatabase(url: string, name: string): string {
  const other = new URL(url);
  other.pathname = `/${name}`;
  return other.toString();
}
