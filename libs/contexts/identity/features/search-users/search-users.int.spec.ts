import { MAX_UUID } from '@rookery/domain';
import { contexts } from '@rookery/contexts';
import { migrate, SearchBulkhead, Sql, Transaction } from '@rookery/persistence';
import { enroll, newcomer } from '@rookery/contexts/identity/testing';
import { type Person } from '@rookery/testing';
import { createTestDatabase } from '@rookery/testing/database';
import { ownSystem } from '@rookery/testing/own-system';
import { Client } from 'pg';
import { PublicUsers } from '../../storage/public-users';

describe('Searching users', () => {
  const system = ownSystem(contexts);
  let reader: Person;

  beforeAll(async () => {
    reader = await enroll(system, { username: 'reader', name: 'Reader' });
  });

  const search = (query: string) => system.ask(`GET /v1/users?${query}`, { token: reader.token });
  const found = async (text: string) => {
    const { body } = await search(`search=${encodeURIComponent(text)}`);
    return (body.data as { username: string }[]).map(({ username }) => username);
  };

  it('finds parts of usernames and names, whatever their capitals, the newest first', async () => {
    await enroll(system, { username: 'lovelace', name: 'Ada' });
    await enroll(system, { username: 'countess', name: 'Augusta Lovelace' });
    expect(await found('LOVE')).toEqual(['countess', 'lovelace']);
    expect(await found('sta love')).toEqual(['countess']);
    expect(await found(' lovelace ')).toEqual(['countess', 'lovelace']);
    expect(await found('nobody')).toEqual([]);
  });

  it('finds without three letters or digits in a row those that begin with it', async () => {
    await enroll(system, { username: 'zz-top', name: 'Beard' });
    await enroll(system, { username: 'buzz', name: 'Buzz' });
    await enroll(system, { username: 'other', name: 'Zz' });
    expect(await found('zz')).toEqual(['other', 'zz-top']);
    expect(await found('ZZ-T')).toEqual(['zz-top']);
    expect(await found('z-t')).toEqual([]);
  });

  it('treats SQL wildcards as plain characters', async () => {
    await enroll(system, { username: 'percent', name: '100% \\o/ _it_' });
    await enroll(system, { username: 'signs', name: '_%\\ signs' });
    expect(await found('100%')).toEqual(['percent']);
    expect(await found('\\o/ _it_')).toEqual([]);
    expect(await found('_%\\')).toEqual(['signs']);
    expect(await found('_%\\ s')).toEqual(['signs']);
    expect(await found('_%%')).toEqual([]);
    expect(await found('1_0')).toEqual([]);
    expect(await found("'; DROP TABLE identity.users; --")).toEqual([]);
  });

  it('shows no pending users, and only public data of others', async () => {
    await system.ask('POST /v1/auth/register', { body: newcomer({ username: 'hidden-one' }) });
    const seen = await enroll(system, { username: 'hidden-two' });
    const { body } = await search('search=hidden');
    expect(body.data).toEqual([
      {
        id: seen.id,
        username: 'hidden-two',
        name: 'Some Person',
        bio: '',
        avatarUrl: null,
        registeredAt: expect.any(String),
        version: 1,
        counts: { posts: 0, followers: 0, following: 0 },
        relation: { following: false, followedBy: false, blocking: false, muting: false },
      },
    ]);
  });

  it('pages by cursor without skips and repeats while others register', async () => {
    for (let index = 0; index < 5; index += 1) await enroll(system, { username: `walker${index}` });
    const walked: string[] = [];
    let query = 'search=walker&limit=2';
    for (;;) {
      const { body, headers } = await search(query);
      walked.push(...(body.data as { username: string }[]).map(({ username }) => username));
      if (body.page.nextCursor === null) break;
      expect(headers.link).toMatch(/rel="next"/);
      query = `search=walker&limit=2&cursor=${body.page.nextCursor}`;
      await enroll(system, { username: `walker-late${walked.length}` });
    }
    expect(walked).toEqual(['walker4', 'walker3', 'walker2', 'walker1', 'walker0']);
  });

  it('finds one user by the exact username, in the form of every list, whatever its capitals', async () => {
    const { id } = await enroll(system, { username: 'Exact-One' });
    await enroll(system, { username: 'Exact-One-More' });
    const exact = await search('username=exact-ONE');
    const [entry] = (await search('search=exact-one')).body.data.filter((each: Person) => each.id === id);
    expect(exact).toMatchObject({ status: 200, body: { data: [entry], page: { nextCursor: null } } });
    for (const other of ['exact-on', 'exact-one-', '%25', 'exact_one', 'nobody'])
      expect((await search(`username=${other}`)).body.data).toEqual([]);
  });

  it('finds neither the pending nor the deleted by username', async () => {
    await system.ask('POST /v1/auth/register', { body: newcomer({ username: 'pending-exact' }) });
    const gone = await enroll(system, { username: 'gone-exact' });
    await system.ask('DELETE /v1/me', { token: gone.token });
    expect((await search('username=pending-exact')).body.data).toEqual([]);
    expect((await search('username=gone-exact')).body.data).toEqual([]);
  });

  it('takes exactly one of search and username, and says so', async () => {
    for (const query of ['limit=1', 'search=a&username=a', 'search=&username=a']) {
      expect(await search(query)).toMatchObject({
        status: 400,
        body: { code: 'request.invalid', detail: 'Exactly one of search, username is required.' },
      });
    }
    expect((await search('username=')).status).toBe(400);
    expect((await search(`username=${'a'.repeat(31)}`)).status).toBe(400);
  });

  it('lists everybody for an empty search, and refuses what it does not know', async () => {
    expect((await search('search=&limit=1')).body.data).toHaveLength(1);
    expect((await search('name=ada')).status).toBe(400);
    expect((await search(`search=${'a'.repeat(101)}`)).status).toBe(400);
    expect((await search('search=&cursor=forged')).body.code).toBe('request.invalid-cursor');
    for (const username of ['pager1', 'pager2']) await enroll(system, { username });
    const { body } = await search('search=pager&limit=1');
    expect(body.page.nextCursor).toEqual(expect.any(String));
    const foreign = await search(`search=other&cursor=${body.page.nextCursor}`);
    expect(foreign.body.code).toBe('request.invalid-cursor');
  });

  it('needs no superuser for its index, only the owner of the database', async () => {
    const database = await createTestDatabase({ empty: true });
    const owner = new URL(database.url);
    owner.username = owner.pathname.slice(1);
    owner.password = 'owner';
    const client = new Client({ connectionString: database.url });
    await client.connect();
    try {
      await client.query(`CREATE ROLE ${owner.username} LOGIN NOSUPERUSER PASSWORD 'owner'`);
      await client.query(`ALTER DATABASE ${owner.username} OWNER TO ${owner.username}`);
      await migrate(owner.toString(), () => undefined);
      const { rows } = await client.query(
        `SELECT to_regclass('identity.users_names_trgm_idx') IS NOT NULL
           = EXISTS (SELECT FROM pg_available_extensions WHERE name = 'pg_trgm') AS right`,
      );
      expect(rows).toEqual([{ right: true }]);
    } finally {
      await client.query(`DROP OWNED BY ${owner.username} CASCADE`);
      await client.end();
      await database.drop();
      await system.sql(`DROP ROLE ${owner.username}`);
    }
  });

  describe('among twenty thousand', () => {
    beforeAll(async () => {
      await system.sql(`
        INSERT INTO identity.users (id, version, email, username, name, role, status, password_hash, registered_at)
        SELECT lpad(to_hex(nr), 32, '0')::uuid, 1, 'crowd' || nr || '@crowd.example', 'crowd' || nr,
               CASE WHEN nr <= 50 THEN '--- old ' || nr ELSE 'Person ' || nr END, 'user', 'active', '-', now()
        FROM generate_series(1, 20000) nr`);
      await system.sql('ANALYZE identity.users');
    });
    afterAll(() => system.sql(`DELETE FROM identity.users WHERE username LIKE 'crowd%'`));

    /** Rows of the table that the connection has read, including those not yet in PostgreSQL's statistics. */
    const reads = async () => {
      // On the api's connection: `system.sql` has a different one.
      const row = await system.inApi(Sql).row<{ rows: number; walks: number }>(
        `SELECT (seq_tup_read + coalesce(idx_tup_fetch, 0))::int AS rows, seq_scan::int AS walks
         FROM pg_stat_xact_user_tables WHERE relid = 'identity.users'::regclass`,
      );
      return row!;
    };

    /** @returns the number of results, and the number of rows that were read for them */
    async function look(text: string): Promise<{ matches: number; rows: number; walks: number }> {
      return system.inApi(Transaction).run(() =>
        system.inApi(SearchBulkhead).run(async () => {
          const before = await reads();
          const users = await system.inApi(PublicUsers).search(text, [], MAX_UUID, 21);
          const after = await reads();
          return {
            matches: users.length,
            rows: after.rows - before.rows,
            walks: after.walks - before.walks,
          };
        }),
      );
    }

    it('reads one row for a username', async () => {
      for (let round = 0; round < 7; round += 1) {
        await system.inApi(Transaction).run(async () => {
          const before = await reads();
          const user = await system.inApi(PublicUsers).findByUsername('CROWD777');
          const after = await reads();
          expect(user).toMatchObject({ username: 'crowd777' });
          expect([after.rows - before.rows, after.walks - before.walks]).toEqual([1, 0]);
        });
      }
    });

    it.each([
      ['', 21],
      ['p', 21],
      ['pe', 21],
      ['---', 21],
      ['--- OLD', 21],
      ['-'.repeat(50), 0],
      ['%_'.repeat(50), 0],
      ['\\', 0],
      ['q', 0],
      ['人', 0],
      ['²²²', 0],
      ['①②③', 0],
      ['ab½', 0],
      ['٣٣٣', 0],
      ['a b c', 0],
      ['crowd', 21],
      ['rowd19999', 1],
      ['nobody at all', 0],
      ['son 9 rowd', 0],
    ])('reads no more of the table than a bound for "%s"', async (text, count) => {
      // The number of custom plans before PostgreSQL may use a generic one.
      for (let round = 0; round < 7; round += 1) {
        const { matches, rows, walks } = await look(text);
        expect([matches, walks]).toEqual([count, 0]);
        expect(rows).toBeLessThanOrEqual(4_000);
      }
    });
  });

  it('can use the trigram index where PostgreSQL has the extension', async () => {
    const [extension] = await system.sql(`SELECT 1 FROM pg_available_extensions WHERE name = 'pg_trgm'`);
    const [index] = await system.sql<{ valid: boolean }>(
      `SELECT indisvalid AS valid FROM pg_index WHERE indexrelid = to_regclass('identity.users_names_trgm_idx')`,
    );
    expect(index?.valid).toBe(extension ? true : undefined);
  });
});
