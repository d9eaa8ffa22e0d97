import { readdirSync, readFileSync } from 'node:fs';
import { join, relative, sep } from 'node:path';
import { createdSchemas, createdTables, schemasIn, withoutMoves } from './support/sql-schemas';

const root = join(__dirname, '..');
const read = (file: string) => readFileSync(join(root, file), 'utf8');

const sources = ['libs', 'migrations'].flatMap((folder) =>
  readdirSync(join(root, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && /(?<!\.spec)\.ts$/.test(entry.name))
    .map((entry) => relative(root, join(entry.parentPath, entry.name)).split(sep).join('/')),
);
// Suites of the platform and of contexts may read any schema.
const product = sources.filter(
  (file) => !/^libs\/testing\/|^libs\/contexts\/\w+\/(testing\.ts|features\/[^/]+\/access\.ts)/.test(file),
);
const migrations = sources.filter((file) => /^migrations\/\d/.test(file));
const contexts = readdirSync(join(root, 'libs/contexts'), { withFileTypes: true })
  .filter((entry) => entry.isDirectory())
  .map(({ name }) => name);
// An extension belongs to no context.
const schemas = [
  ...new Set([...contexts, ...migrations.flatMap((file) => createdSchemas(read(file)))]),
].filter((name) => name !== 'extensions');
const tables = migrations.flatMap((file) => createdTables(read(file)));

/** @returns a message about invalid SQL in a file; undefined if there is none. */
function mistake(file: string, source: string): string | undefined {
  const isMigration = file.startsWith('migrations/');
  const named = schemasIn(isMigration ? withoutMoves(source) : source, schemas, tables);
  if (isMigration) {
    return named.length > 1
      ? `${file} changes the schemas ${named.join(' and ')}: write a migration for each.`
      : undefined;
  }
  const own = /^libs\/contexts\/(\w+)\//.exec(file)?.[1];
  const foreign = named.find((name) => (own ? name !== own : contexts.includes(name)));
  return (
    foreign &&
    `${file} names the schema ${foreign}: subscribe to its events and keep a copy, or ask at libs/contexts/${foreign}/contract.ts.`
  );
}

describe('SQL', () => {
  it('names no schema but that of its own context, and a migration only one', () => {
    expect(tables.length).toBeGreaterThan(20);
    expect(product.flatMap((file) => mistake(file, read(file)) ?? [])).toEqual([]);
  });

  const social = 'libs/contexts/social/views/post.ts';

  it.each([
    ['a statement', 'const rows = sql.rows(`SELECT 1 FROM identity.users WHERE id = ${id}`);'],
    ['a statement in quotes', `sql.rows('SELECT 1 FROM "identity"."users"');`],
    ['a piece of a statement', 'const joined = `${table} u, identity.users a`;'],
    ['an aggregate', `new EntitySchema({ name: 'User', schema: 'identity' });`],
    ['a change of a row', `sql.execute('UPDATE identity.users SET name = $1', [name]);`],
  ])('of another context is found in %s', (_, source) => {
    expect(mistake(social, source)).toBe(
      `${social} names the schema identity: subscribe to its events and keep a copy, or ask at libs/contexts/identity/contract.ts.`,
    );
  });

  it('is not confused with an event', () => {
    const source = `defineEvent('identity.user-registered', 1); sql.rows("SELECT 1 FROM social.posts WHERE type = 'identity.x'");`;
    expect(mistake(social, source)).toBeUndefined();
  });

  it('of a context is found in the platform too', () => {
    expect(mistake('libs/web/limits.ts', 'sql.rows(`SELECT 1 FROM social.posts`);')).toContain(
      'names the schema social',
    );
  });

  it('of two contexts is found in a migration', () => {
    const source = `runner.query('ALTER TABLE social.posts ADD COLUMN a int REFERENCES identity.users (id)');`;
    expect(mistake('migrations/1-x.ts', source)).toBe(
      'migrations/1-x.ts changes the schemas identity and social: write a migration for each.',
    );
  });

  it('may move a table from one schema to another in a migration, and nothing more', () => {
    const move = `runner.query('ALTER TABLE identity.users SET SCHEMA social');`;
    expect(mistake('migrations/1-x.ts', move)).toBeUndefined();
    const more = `${move} runner.query('ALTER TABLE social.users ADD COLUMN a int'); runner.query('DROP TABLE identity.x');`;
    expect(mistake('migrations/1-x.ts', more)).toContain('changes the schemas identity and social');
    expect(mistake(social, move)).toContain('names the schema identity');
  });
});
