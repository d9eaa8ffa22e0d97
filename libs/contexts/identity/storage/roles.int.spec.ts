import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { contexts } from '@rookery/contexts';
import { contextOf } from '@rookery/testing/context';
import { createTestDatabase, type TestDatabase } from '@rookery/testing/database';
import { TestLedger } from '@rookery/testing/ledger';
import { Client } from 'pg';
import { Roles, synchronizePermissions } from './roles';

const run = promisify(execFile);

describe('Permissions that contexts declare', () => {
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

  const statement = async (text: string, values: unknown[]) =>
    (await client.query<Record<string, string>>(text, values)).rows;
  const declare = (permissions: Record<string, string[]>) =>
    synchronizePermissions(statement, [contextOf('garden', { permissions })]);
  const held = async () =>
    (
      await client.query<{ held: string }>(
        `SELECT role || ' ' || permission AS held FROM identity.role_permissions ORDER BY 1`,
      )
    ).rows.map((row) => row.held);

  it('are granted by migrations: new ones are added, removed ones are deleted', async () => {
    await declare({});
    expect(await held()).toEqual([]);
    expect(await declare({ moderator: ['trees:cut:any'], admin: ['trees:plant'] })).toEqual([
      'granted trees:cut:any to moderator',
      'granted trees:plant to admin',
    ]);
    expect(await declare({ moderator: ['trees:cut:any'] })).toEqual(['took trees:plant from admin']);
    expect(await held()).toEqual(['moderator trees:cut:any']);
    expect(await declare({ moderator: ['trees:cut:any'] })).toEqual([]);
  });

  it('leave alone what somebody has granted by hand', async () => {
    await client.query(`INSERT INTO identity.role_permissions VALUES ('user', 'trees:count')`);
    await declare({ user: ['trees:count'] });
    await declare({});
    expect(await held()).toEqual(['user trees:count']);
  });

  it('are refused for a role that does not exist', async () => {
    await expect(declare({ gardener: ['trees:cut'] })).rejects.toThrow(
      'libs/contexts/garden/garden.context.ts grants trees:cut to the role gardener, which does not exist: grant it to one of',
    );
  });

  it('are applied for all contexts by the program that runs migrations', async () => {
    await client.query('DELETE FROM identity.role_permissions');
    await client.query(`INSERT INTO identity.role_permissions VALUES ('moderator', 'bells:ring', true)`);
    const { stdout } = await run(process.execPath, ['dist/migrations/migrate.js'], {
      env: { PATH: process.env.PATH, DATABASE_URL: database.url },
    });
    expect(stdout.split('\n')).toEqual(
      expect.arrayContaining([
        'took bells:ring from moderator',
        'granted users:role to admin',
        'granted posts:update:any to moderator',
      ]),
    );
    expect(await held()).toEqual(expect.arrayContaining(['admin users:role', 'moderator posts:update:any']));
    expect(await held()).not.toContain('moderator bells:ring');
  });
});

describe('Roles', () => {
  let ledger: TestLedger;

  beforeAll(async () => {
    ledger = await TestLedger.start({ providers: [Roles] });
  });
  afterAll(() => ledger.stop());

  it('are three, each with the permissions of the one below and those that contexts declare', async () => {
    const declared = (role: string) => contexts.flatMap(({ permissions }) => permissions[role] ?? []);
    const permissions = await ledger.get(Roles).permissions();
    const known = Object.fromEntries([...permissions].map(([role, set]) => [role, [...set].toSorted()]));
    expect(declared('admin')).toContain('users:role');
    expect(known).toEqual({
      user: [],
      moderator: declared('moderator').toSorted(),
      admin: [...declared('moderator'), ...declared('admin')].toSorted(),
    });
  });
});
