import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createTestDatabase } from '@rookery/testing/database';
import { TestLedger } from '@rookery/testing/ledger';
import { createMigrationDataSource, loadMigrations, migrate, migrateDown, SchemaVersion } from '.';

const names = loadMigrations().map(({ name }) => name);

describe('Migrating', () => {
  it('applies each migration once, however many processes start at the same time', async () => {
    const database = await createTestDatabase({ empty: true });
    const lines: string[] = [];
    await Promise.all(Array.from({ length: 4 }, () => migrate(database.url, (line) => lines.push(line))));
    expect(lines.sort()).toEqual([
      ...names.map((name) => `applied ${name}`).sort(),
      ...Array(3).fill('nothing to apply'),
    ]);
    await database.drop();
  });

  it('reverts every migration, newest first, leaves nothing of them, and applies them again', async () => {
    const database = await createTestDatabase({ empty: true });
    const lines: string[] = [];
    const log = (line: string) => lines.push(line);
    await migrate(database.url, log);
    for (const _ of names) await migrateDown(database.url, log);
    await migrateDown(database.url, log);
    expect(lines.slice(names.length)).toEqual([
      ...names.map((name) => `reverted ${name}`).toReversed(),
      'nothing to revert',
    ]);
    const dataSource = await createMigrationDataSource(database.url).initialize();
    const left = await dataSource.query(
      `SELECT n.nspname || '.' || c.relname AS name FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
       WHERE c.relkind IN ('r', 'v', 'S') AND n.nspname NOT IN ('pg_catalog', 'information_schema', 'pg_toast')
         AND c.relname NOT LIKE 'schema_migrations%'`,
    );
    expect(left).toEqual([]);
    await dataSource.destroy();
    lines.length = 0;
    await migrate(database.url, log);
    expect(lines).toEqual(names.map((name) => `applied ${name}`));
    await database.drop();
  });

  it('waits for a lock for at most two seconds, so that it does not block others', async () => {
    const database = await createTestDatabase({ empty: true });
    const dataSource = await createMigrationDataSource(database.url).initialize();
    expect(await dataSource.query('SHOW lock_timeout')).toEqual([{ lock_timeout: '2s' }]);
    await dataSource.destroy();
    await database.drop();
  });
});

describe('A migration that is refused', () => {
  let folder: string;

  beforeEach(() => (folder = mkdtempSync(join(tmpdir(), 'migrations-'))));
  afterEach(() => rmSync(folder, { recursive: true }));

  const write = (file: string, name: string, type = name) =>
    writeFileSync(join(folder, file), `exports.${type} = class ${type} { name = '${name}'; };`);

  it('is older than one that is applied', async () => {
    const database = await createTestDatabase();
    const dataSource = await createMigrationDataSource(database.url).initialize();
    const [oldest] = names;
    await dataSource.query('DELETE FROM public.schema_migrations WHERE name = $1', [oldest]);
    await dataSource.destroy();
    await expect(migrate(database.url, () => undefined)).rejects.toThrow(
      `The migration ${oldest} is older than ${names.at(-1)}, which is already applied to this database: give its file in migrations/ and its class a new timestamp; npm run migration -- what-it-does creates one.`,
    );
    await database.drop();
  });

  it.each(['pin-posts.ts', '17637-pin-posts.ts', '1763700000000-PinPosts.ts', '1763700000000_pin.js'])(
    'has a name that no migration has: %s',
    (file) => {
      write(file, 'PinPosts1763700000000');
      expect(() => loadMigrations(folder)).toThrow(
        `migrations/${file} would never be applied: name it <13 digits>-what-it-does.ts; npm run migration -- what-it-does creates one.`,
      );
    },
  );

  it.each([
    ['another time stamp', 'PinPosts1763700000001', undefined],
    ['other words', 'PinNotes1763700000000', undefined],
    ['another name in its class alone', 'PinPosts1763700000000', 'PinNotes1763700000000'],
    ['another name in the database alone', 'PinNotes1763700000000', 'PinPosts1763700000000'],
  ])('has %s than its file', (_, name, type) => {
    write('1763700000000-pin-posts.js', name, type);
    expect(() => loadMigrations(folder)).toThrow(
      'migrations/1763700000000-pin-posts.ts must export one class, named PinPosts1763700000000, and so must its `name` read.',
    );
  });

  it('is named as its file', () => {
    write('1763700000000-pin-posts.js', 'PinPosts1763700000000');
    expect(loadMigrations(folder).map(({ name }) => name)).toEqual(['PinPosts1763700000000']);
  });
});

describe('The version of the schema', () => {
  let ledger: TestLedger;

  beforeAll(async () => {
    ledger = await TestLedger.start();
  });
  afterAll(() => ledger.stop());

  it('fits once every migration is applied', async () => {
    await expect(ledger.get(SchemaVersion).check()).resolves.toBeUndefined();
  });

  it('fits also when a newer build has migrated further', async () => {
    await ledger.sql(`INSERT INTO public.schema_migrations (timestamp, name) VALUES (9, 'FromTheFuture9')`);
    await expect(ledger.get(SchemaVersion).check()).resolves.toBeUndefined();
  });

  it('does not fit while a migration is missing, and says which', async () => {
    const last = names.at(-1)!;
    await ledger.sql('DELETE FROM public.schema_migrations WHERE name = $1', [last]);
    await expect(ledger.get(SchemaVersion).check()).rejects.toThrow(`Migration ${last} is not applied yet.`);
  });
});
