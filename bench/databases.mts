import { createRequire } from 'node:module';
import type { INestApplicationContext, Provider } from '@nestjs/common';
import { Client } from 'pg';

/** The migrated database of the benchmark, which is copied. */
const SERVER = process.env.DATABASE_URL!;
// The code that the apps run.
const load = createRequire(new URL('../dist/', import.meta.url));
const { NestFactory } = load('@nestjs/core');
const { HealthChecks } = load('./libs/observability/index.js');
const { PersistenceModule, RelayHint } = load('./libs/persistence/index.js');

/** A copy of the migrated database. */
export class BenchDatabase {
  readonly url: string;
  private readonly name: string;

  private constructor(name: string) {
    this.name = name;
    this.url = new URL(`/${name}`, SERVER).toString();
  }

  /** Creates a copy, and replaces one of an earlier run. */
  static async create(name: string): Promise<BenchDatabase> {
    const template = new URL(SERVER).pathname.slice(1);
    await administer(
      `DROP DATABASE IF EXISTS ${name} WITH (FORCE)`,
      `CREATE DATABASE ${name} TEMPLATE "${template}"`,
    );
    return new BenchDatabase(name);
  }

  async connect(): Promise<Client> {
    const client = new Client({ connectionString: this.url });
    await client.connect();
    return client;
  }

  /** @returns the given providers as in the api, with persistence over one connection, without the rest of the api */
  open(providers: Provider[]): Promise<INestApplicationContext> {
    Object.assign(process.env, { DATABASE_URL: this.url, DATABASE_POOL_SIZE: '1' });
    const surroundings = [HealthChecks, { provide: RelayHint, useValue: { send: () => undefined } }];
    return NestFactory.createApplicationContext(
      {
        module: class Bench {},
        imports: [
          { module: class Surroundings {}, global: true, providers: surroundings, exports: surroundings },
          PersistenceModule.forRoot([], 'rookery-bench'),
        ],
        providers,
      },
      { logger: ['error'] },
    );
  }

  drop(): Promise<void> {
    return administer(`DROP DATABASE ${this.name} WITH (FORCE)`);
  }
}

/**
 * Fills a table without its indexes and builds them afterwards, which is several times as fast.
 *
 * @param table with its schema
 */
export async function withoutIndexes(
  client: Client,
  table: string,
  fill: () => Promise<unknown>,
): Promise<void> {
  const { rows } = await client.query<{ drop: string; create: string }>(
    `SELECT CASE WHEN con.oid IS NULL THEN format('DROP INDEX %s', indexrelid::regclass)
                 ELSE format('ALTER TABLE %s DROP CONSTRAINT %I', indrelid::regclass, conname) END AS drop,
            CASE WHEN con.oid IS NULL THEN pg_get_indexdef(indexrelid)
                 ELSE format('ALTER TABLE %s ADD CONSTRAINT %I %s', indrelid::regclass, conname,
                             pg_get_constraintdef(con.oid)) END AS create
     FROM pg_index LEFT JOIN pg_constraint con ON con.conindid = indexrelid AND con.conrelid = indrelid
     WHERE indrelid = $1::regclass
       AND NOT EXISTS (SELECT FROM pg_constraint WHERE contype = 'f' AND conindid = indexrelid)`,
    [table],
  );
  for (const { drop } of rows) await client.query(drop);
  await fill();
  for (const { create } of rows) await client.query(create);
}

/** Runs statements outside of the benchmark databases. */
async function administer(...statements: string[]): Promise<void> {
  const client = new Client({ connectionString: new URL('/postgres', SERVER).toString() });
  await client.connect();
  for (const statement of statements) await client.query(statement);
  await client.end();
}
