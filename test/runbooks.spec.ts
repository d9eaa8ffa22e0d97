import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createTestDatabase, type TestDatabase } from '@rookery/testing/database';
import { Client } from 'pg';

const FOLDER = join(__dirname, '../docs/runbooks');
/** What a reader fills in. */
const PLACEHOLDERS: Readonly<Record<string, string>> = {
  "'…'": "'00000000-0000-4000-8000-000000000000'",
  "'<begin>'": "'2026-01-31T16:00:00Z'",
};

const blocks = readdirSync(FOLDER).flatMap((file) =>
  [...readFileSync(join(FOLDER, file), 'utf8').matchAll(/```sql\n([\s\S]*?)```/g)].map(
    ([, sql]) => [file, sql!.trim()] as const,
  ),
);

describe('The runbooks', () => {
  let database: TestDatabase;
  let client: Client;

  beforeAll(async () => {
    database = await createTestDatabase();
    client = new Client({ connectionString: database.url });
    await client.connect();
  });
  afterAll(async () => {
    await client.end();
    await database.drop();
  });

  /** Runs it as a reader would, and takes it back. */
  async function run(sql: string): Promise<void> {
    const filled = Object.entries(PLACEHOLDERS).reduce(
      (text, [place, value]) => text.replaceAll(place, value),
      sql,
    );
    await client.query('BEGIN');
    try {
      await client.query(filled);
    } finally {
      await client.query('ROLLBACK');
    }
  }

  it('have SQL in every block that is marked so', () => {
    expect(new Set(blocks.map(([file]) => file))).toContain('todos.md');
    for (const [, sql] of blocks) expect(sql).toMatch(/;$/);
  });

  it.each(blocks)('%s: %.60s', async (_file, sql) => {
    await expect(run(sql)).resolves.toBeUndefined();
  });

  it('would not run with a column that is not there', async () => {
    const [, sql] = blocks.find(([file]) => file === 'todos.md')!;
    await expect(run(sql.replace('due_soon_for', 'due_sooner_for'))).rejects.toThrow('due_sooner_for');
  });
});
