import { Cache, Queries } from '@rookery/application';
import { contexts } from '@rookery/contexts';
import { PREFIX, RedisConnections } from '@rookery/redis';
import { registry } from '@rookery/observability';
import { Sql, Transaction } from '@rookery/persistence';
import {
  Authenticator,
  enroll,
  newcomer,
  NOTICED_MS,
  verificationMail,
} from '@rookery/contexts/identity/testing';
import { eventually, type Person, served } from '@rookery/testing';
import { ownSystem } from '@rookery/testing/own-system';
import { PublicUsers, userEntry } from '../../storage/public-users';
import { ReadProfile } from './read-user';

describe('reading a user', () => {
  const system = ownSystem(contexts, { RATE_LIMIT_ENABLED: 'false' });
  let reader: Person;

  beforeAll(async () => {
    reader = await enroll(system);
  });

  const read = (id: string, headers: Record<string, string> = {}) =>
    system.ask(`GET /v1/users/${id}`, { token: reader.token, headers });
  const redis = () => system.inApi(RedisConnections).cache;
  const entry = (id: string) => `${PREFIX}:cache:${userEntry(id)}`;

  async function loads(): Promise<number> {
    const metric = await registry.getSingleMetric('rookery_cache_loads_total')!.get();
    return metric.values[0]?.value ?? 0;
  }

  /** Waits until the subscribers have handled a user's first events, so that nothing clears the cache any more. */
  async function settled(own: Parameters<typeof enroll>[1] = {}): Promise<Person> {
    const person = await enroll(system, own);
    await eventually(async () => {
      const open = await system.sql(
        `SELECT 1 FROM messaging.event_delivery WHERE subject = $1 AND queue = 'caches' AND state <> 'done'`,
        [person.id],
      );
      return open.length === 0;
    });
    return person;
  }

  it('shows what everybody may know, first from the database, then from the cache', async () => {
    const { id } = await settled({ username: 'ada', name: 'Ada Lovelace' });
    const first = await read(id);
    expect(first).toMatchObject({ status: 200, headers: { 'x-cache': 'MISS' } });
    expect(first.body).toEqual({
      id,
      username: 'ada',
      name: 'Ada Lovelace',
      bio: '',
      avatarUrl: null,
      registeredAt: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/),
      version: 1,
      counts: { posts: 0, followers: 0, following: 0 },
      relation: { following: false, followedBy: false, blocking: false, muting: false },
    });
    const second = await read(id);
    expect(second).toMatchObject({
      status: 200,
      headers: { 'x-cache': 'HIT', etag: first.headers.etag },
      body: first.body,
    });
    const third = await read(id, { 'if-none-match': String(first.headers.etag) });
    expect([third.status, third.body, third.headers['x-cache']]).toEqual([304, '', 'HIT']);
  });

  it('caches a result for a minute, plus or minus a tenth', async () => {
    const people = await Promise.all(Array.from({ length: 12 }, () => settled()));
    const lives = await Promise.all(
      people.map(async ({ id }) => {
        const from = performance.now();
        await read(id);
        const left = await redis().pttl(entry(id));
        return { least: left, most: left + performance.now() - from };
      }),
    );
    expect(Math.min(...lives.map(({ most }) => most))).toBeGreaterThan(53_900);
    expect(Math.max(...lives.map(({ least }) => least))).toBeLessThanOrEqual(66_000);
    expect(new Set(lives.map(({ least }) => Math.round(least / 500))).size).toBeGreaterThan(3);
  });

  it('queries the database once for two hundred concurrent reads of a user', async () => {
    const { id } = await settled();
    const before = await loads();
    const answers = await Promise.all(Array.from({ length: 200 }, () => served(() => read(id))));
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]));
    expect((await loads()) - before).toBe(1);
  });

  it('changes with a new name, with a new version', async () => {
    const person = await settled();
    await read(person.id);
    await system.ask('PATCH /v1/me', {
      token: person.token,
      body: { name: 'Ada King' },
      headers: { 'if-match': '*' },
    });
    await eventually(async () => (await read(person.id)).body.name === 'Ada King', NOTICED_MS);
    expect((await read(person.id)).body.version).toBe(2);
  });

  it('changes with a new bio, with a new version and ETag', async () => {
    const person = await settled();
    const before = await read(person.id);
    await system.ask('PATCH /v1/me', {
      token: person.token,
      body: { bio: 'Writes programs.' },
      headers: { 'if-match': '*' },
    });
    await eventually(async () => (await read(person.id)).body.bio === 'Writes programs.', NOTICED_MS);
    const after = await read(person.id, { 'if-none-match': String(before.headers.etag) });
    expect(after).toMatchObject({
      status: 200,
      body: { ...before.body, bio: 'Writes programs.', version: 2 },
    });
  });

  it('reveals nothing when an account changes its security settings or its role', async () => {
    const admin = await enroll(system, { role: 'admin' });
    const person = await settled();
    const before = await read(person.id);
    await Authenticator.enroll(system, person);
    await system.ask(`PUT /v1/admin/users/${person.id}/role`, {
      token: admin.token,
      body: { role: 'moderator' },
    });
    await system.ask('POST /v1/auth/password/forgot', { body: { email: person.email } });
    await eventually(async () => {
      const [{ open, version }] = (await system.sql(
        `SELECT u.version, (SELECT count(*)::int FROM messaging.event_delivery WHERE subject = u.id AND state <> 'done') AS open
         FROM identity.users u WHERE id = $1`,
        [person.id],
      )) as [{ open: number; version: number }];
      return open === 0 && version > 4;
    });
    const after = await read(person.id, { 'if-none-match': String(before.headers.etag) });
    expect([after.status, after.headers['x-cache']]).toEqual([304, 'HIT']);
  });

  it('does not keep what was read before a change and arrives after it', async () => {
    const cache = system.inApi(Cache);
    let go = (): void => undefined;
    const held = new Promise<void>((resolve) => {
      go = resolve;
    });
    const reading = cache.through('test-late', 60, async () => {
      await held;
      return 'old';
    });
    await eventually(async () => (await redis().exists(`${PREFIX}:cache-lease:test-late`)) === 1);
    await cache.forget('test-late');
    go();
    expect(await reading).toBe('old');
    expect(await cache.through('test-late', 60, () => Promise.resolve('new'))).toBe('new');
    expect(await cache.through('test-late', 60, () => Promise.resolve('newer'))).toBe('new');
  });

  it('caches no uncommitted data', async () => {
    const { id } = await settled({ name: 'Before' });
    await system.inApi(Transaction).run(async () => {
      await system.inApi(Sql).execute(`UPDATE identity.users SET name = 'After' WHERE id = $1`, [id]);
      const { name } = await system.inApi(Queries).execute(new ReadProfile(id));
      expect(name).toBe('Before');
    });
  });

  it('lets one process fill an entry while the others answer without waiting', async () => {
    const [api, worker] = [system.inApi(Cache), system.inWorker(Cache)];
    let go = (): void => undefined;
    const held = new Promise<void>((resolve) => {
      go = resolve;
    });
    const slow = api.through('test-two', 60, async () => {
      await held;
      return 'first';
    });
    await eventually(async () => (await redis().exists(`${PREFIX}:cache-lease:test-two`)) === 1);
    expect(await worker.through('test-two', 60, () => Promise.resolve('second'))).toBe('second');
    go();
    await slow;
    expect(await worker.through('test-two', 60, () => Promise.resolve('third'))).toBe('first');
  });

  it('renews an entry before it ends while it is still served', async () => {
    const cache = system.inApi(Cache);
    let made = 0;
    const make = () => Promise.resolve((made += 1));
    await cache.through('test-early', 60, make);
    const [, text] = (await redis().get(`${PREFIX}:cache:test-early`))!.split(' ');
    // A result that took an hour to load is renewed at almost any time.
    await redis().set(`${PREFIX}:cache:test-early`, `3600000 ${text}`, 'PX', 60_000);
    expect(await cache.through('test-early', 60, make)).toBe(1);
    await eventually(async () => (await cache.through('test-early', 60, make)) > 1);
  });

  it('returns 404 for pending and unknown users and malformed ids', async () => {
    const form = newcomer();
    await system.ask('POST /v1/auth/register', { body: form });
    const [pending] = await system.sql<{ id: string }>('SELECT id FROM identity.users WHERE email = $1', [
      form.email,
    ]);
    for (const id of [pending!.id, '01890000-0000-7000-8000-000000000000', 'no-uuid']) {
      expect(await read(id)).toMatchObject({ status: 404, body: { code: 'resource.not-found' } });
    }
    const { code } = await verificationMail(system, form.email);
    await system.ask('POST /v1/auth/verify', { body: { email: form.email, code } });
    expect(await read(pending!.id)).toMatchObject({ status: 200 });
  });

  it('answers without Redis', async () => {
    const { id } = await settled();
    await read(id);
    await system.killRedis();
    try {
      const before = await loads();
      expect(await read(id)).toMatchObject({ status: 200, headers: { 'x-cache': 'MISS' }, body: { id } });
      const crowd = await Promise.all(Array.from({ length: 50 }, () => read(id)));
      expect(new Set(crowd.map(({ status }) => status))).toEqual(new Set([200]));
      expect((await loads()) - before).toBeLessThan(10);
    } finally {
      await system.startRedisEmpty();
    }
    await eventually(async () => (await read(id)).headers['x-cache'] === 'HIT');
  });
});

describe('Reading a user without a worker', () => {
  const system = ownSystem(contexts);
  let reader: Person;

  beforeAll(async () => {
    await system.worker.close();
    reader = await enroll(system);
  });

  const read = (id: string) => system.ask(`GET /v1/users/${id}`, { token: reader.token });
  const remove = async ({ token }: Person) =>
    expect((await system.ask('DELETE /v1/me', { token })).status).toBe(202);

  it('returns 404 for a deleted account from the moment of the response', async () => {
    const person = await enroll(system);
    await read(person.id);
    expect((await read(person.id)).headers['x-cache']).toBe('HIT');
    await remove(person);
    expect(await read(person.id)).toMatchObject({ status: 404, body: { code: 'resource.not-found' } });
  });

  it('shows a new name from the moment of the response, and nothing of a new role', async () => {
    const [person, admin] = [await enroll(system), await enroll(system, { role: 'admin' })];
    await read(person.id);
    const renamed = await system.ask('PATCH /v1/me', {
      token: person.token,
      body: { name: 'Ada King' },
      headers: { 'if-match': '*' },
    });
    expect(renamed.status).toBe(200);
    expect((await read(person.id)).body.name).toBe('Ada King');
    const given = await system.ask(`PUT /v1/admin/users/${person.id}/role`, {
      token: admin.token,
      body: { role: 'moderator' },
    });
    expect(given.status).toBe(204);
    expect((await read(person.id)).headers['x-cache']).toBe('HIT');
  });

  it.each(['this process', 'another'])(
    'is not misled by a reader in %s who read before the deletion and comes to an end after it',
    async (where) => {
      const person = await enroll(system);
      const cache =
        where === 'another' ? (await system.startApi()).get(Cache, { strict: false }) : system.inApi(Cache);
      let go = (): void => undefined;
      const held = new Promise<void>((resolve) => {
        go = resolve;
      });
      let seen = false;
      const late = cache.through(userEntry(person.id), 60, async () => {
        const found = await system.inApi(PublicUsers).find(person.id);
        seen = true;
        await held;
        return found;
      });
      await eventually(() => seen);
      await remove(person);
      expect((await read(person.id)).status).toBe(404);
      go();
      expect(await late).toMatchObject({ id: person.id });
      expect((await read(person.id)).status).toBe(404);
    },
  );

  it('still answers and deletes while Redis is away', async () => {
    const person = await enroll(system);
    await read(person.id);
    await system.killRedis();
    try {
      await remove(person);
      expect((await read(person.id)).status).toBe(404);
    } finally {
      await system.startRedisEmpty();
    }
  });
});
