import { contexts } from '@rookery/contexts';
import { migrate } from '@rookery/persistence';
import { createTestDatabase, enrol, newcomer, type Person, TestSystem } from '@rookery/testing';
import { Client } from 'pg';

describe('looking people up', () => {
  let system: TestSystem;
  let reader: Person;

  beforeAll(async () => {
    system = await TestSystem.start(contexts);
    reader = await enrol(system, { username: 'reader', name: 'Reader' });
  });
  afterAll(() => system.stop());

  const search = (query: string) => system.ask(`GET /v1/users?${query}`, { token: reader.token });
  const found = async (text: string) => {
    const { body } = await search(`search=${encodeURIComponent(text)}`);
    return (body.data as { username: string }[]).map(({ username }) => username);
  };

  it('finds parts of usernames and names, whatever their capitals, the newest first', async () => {
    await enrol(system, { username: 'lovelace', name: 'Ada' });
    await enrol(system, { username: 'countess', name: 'Augusta Lovelace' });
    expect(await found('LOVE')).toEqual(['countess', 'lovelace']);
    expect(await found('sta love')).toEqual(['countess']);
    expect(await found(' lovelace ')).toEqual(['countess', 'lovelace']);
    expect(await found('nobody')).toEqual([]);
  });

  it('finds with one or two characters those that begin with them', async () => {
    await enrol(system, { username: 'zz-top', name: 'Beard' });
    await enrol(system, { username: 'buzz', name: 'Buzz' });
    await enrol(system, { username: 'other', name: 'Zz' });
    expect(await found('zz')).toEqual(['other', 'zz-top']);
  });

  it('takes signs that mean something to SQL as they are', async () => {
    await enrol(system, { username: 'percent', name: '100% \\o/ _it_' });
    expect(await found('100%')).toEqual(['percent']);
    expect(await found('\\o/')).toEqual(['percent']);
    expect(await found('_it_')).toEqual(['percent']);
    expect(await found('1_0')).toEqual([]);
    expect(await found("'; DROP TABLE identity.users; --")).toEqual([]);
  });

  it('shows nothing of the pending, and of others only what everybody may know', async () => {
    await system.ask('POST /v1/auth/register', { body: newcomer({ username: 'hidden-one' }) });
    const seen = await enrol(system, { username: 'hidden-two' });
    const { body } = await search('search=hidden');
    expect(body.data).toEqual([
      {
        id: seen.id,
        username: 'hidden-two',
        name: 'Some Person',
        registeredAt: expect.any(String),
        version: 1,
      },
    ]);
  });

  it('walks by cursor and skips and repeats nobody while others register', async () => {
    for (let index = 0; index < 5; index += 1) await enrol(system, { username: `walker${index}` });
    const walked: string[] = [];
    let query = 'search=walker&limit=2';
    for (;;) {
      const { body, headers } = await search(query);
      walked.push(...(body.data as { username: string }[]).map(({ username }) => username));
      if (body.page.nextCursor === null) break;
      expect(headers.link).toMatch(/rel="next"/);
      query = `search=walker&limit=2&cursor=${body.page.nextCursor}`;
      await enrol(system, { username: `walker-late${walked.length}` });
    }
    expect(walked).toEqual(['walker4', 'walker3', 'walker2', 'walker1', 'walker0']);
  });

  it('lists everybody without a search, and refuses what it does not know', async () => {
    expect((await search('limit=1')).body.data).toHaveLength(1);
    expect((await search('search=')).status).toBe(200);
    expect((await search('name=ada')).status).toBe(400);
    expect((await search(`search=${'a'.repeat(101)}`)).status).toBe(400);
    expect((await search('cursor=forged')).body.code).toBe('request.invalid-cursor');
    for (const username of ['pager1', 'pager2']) await enrol(system, { username });
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

  it('can use the trigram index where PostgreSQL has the extension', async () => {
    const [extension] = await system.sql(`SELECT 1 FROM pg_available_extensions WHERE name = 'pg_trgm'`);
    const [index] = await system.sql<{ valid: boolean }>(
      `SELECT indisvalid AS valid FROM pg_index WHERE indexrelid = to_regclass('identity.users_names_trgm_idx')`,
    );
    expect(index?.valid).toBe(extension ? true : undefined);
  });
});
