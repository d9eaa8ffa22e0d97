import { Injectable } from '@nestjs/common';
import { loadMigrations } from './data-source';
import { Sql } from './sql';

/** Checks that the database has the schema of this build. */
@Injectable()
export class SchemaVersion {
  private readonly expected = loadMigrations().map((migration) => new migration().name ?? migration.name);

  constructor(private readonly sql: Sql) {}

  /** @throws Error naming the first migration that is missing */
  async check(): Promise<void> {
    const rows = await this.sql.rows<{ name: string }>('SELECT name FROM public.schema_migrations');
    const applied = new Set(rows.map(({ name }) => name));
    const missing = this.expected.find((name) => !applied.has(name));
    if (missing) throw new Error(`Migration ${missing} is not applied yet.`);
  }
}
