import { NOTICED_MS, signUp } from '@rookery/contexts/identity/testing';
import { eventually, type Person, race, sharedSystem } from '@rookery/testing';

const KEYS = '/v1/me/api-keys';
const DAY_MS = 86_400_000;

describe('API keys', () => {
  const system = sharedSystem();

  const create = ({ token }: Person, own: { scopes?: string[]; expiresAt?: string; name?: string } = {}) =>
    system.ask(`POST ${KEYS}`, { token, body: { name: 'a program', scopes: ['read'], ...own } });
  const readMe = async (key: string) => (await system.ask('GET /v1/me', { token: key })).status;
  /** @returns what a key may do, asked of an app that has a cache of its own; null when it is no good. */
  const permissionsOf = (key: string, where?: 'api' | 'worker') =>
    system.fixture<string[] | null>('identity.permissionsOfKey', { key }, where);
  const inDays = (days: number) => new Date(Date.now() + days * DAY_MS).toISOString();

  it('act for their owner and are shown once', async () => {
    const person = await signUp(system);
    const { status, body } = await create(person, { name: 'Nightly export' });
    expect(status).toBe(201);
    expect(body.key).toMatch(/^rk_[0-9a-f]{32}_[\w-]{43}$/);
    expect(body.key.startsWith(body.prefix)).toBe(true);
    const me = await system.ask('GET /v1/me', { token: body.key });
    expect(me).toMatchObject({ status: 200, body: { id: person.id } });
    const list = await system.ask(`GET ${KEYS}`, { token: person.token });
    expect(list.body).toMatchObject({
      data: [{ id: body.id, name: 'Nightly export', prefix: body.prefix, scopes: ['read'] }],
      page: { nextCursor: null },
    });
    expect(JSON.stringify(list.body)).not.toContain(body.key.slice(body.prefix.length + 1));
  });

  it('are stored as a hash', async () => {
    const { body } = await create(await signUp(system));
    const secret = body.key.slice(body.prefix.length + 1);
    const [row] = await system.sql<{ text: string }>(
      'SELECT to_jsonb(k)::text AS text FROM identity.api_keys k WHERE id = $1',
      [body.id],
    );
    expect(row!.text).not.toContain(secret);
    expect(row!.text).not.toContain(Buffer.from(secret).toString('hex'));
    const forged = `${body.prefix}_${'A'.repeat(43)}`;
    expect(await readMe(forged)).toBe(401);
    expect(await readMe(`rk_${'0'.repeat(32)}_${secret}`)).toBe(401);
  });

  it('read with read, change with write, and nothing with neither', async () => {
    const admin = await signUp(system);
    await system.sql(`UPDATE identity.users SET role = 'admin' WHERE id = $1`, [admin.id]);
    await eventually(async () => (await create(admin, { scopes: ['ops:read'] })).status === 201);
    const keys = await Promise.all(
      [['read'], ['write'], ['ops:read']].map(
        async (scopes) => (await create(admin, { scopes })).body.key as string,
      ),
    );
    expect(await Promise.all(keys.map(readMe))).toEqual([200, 403, 403]);
    expect((await system.ask('GET /v1/me', { token: keys[1]! })).body.detail).toBe(
      'The API key does not have the scope "read".',
    );
    // No route of this context with a change is open to keys; an unknown id shows the difference.
    const write = async (token: string) =>
      (await system.ask('DELETE /v1/auth/totp', { token })).body.code as string;
    expect(await Promise.all(keys.map(write))).toEqual([
      'auth.forbidden',
      'auth.mfa-required',
      'auth.forbidden',
    ]);
  });

  it('never have more than the present permissions of their owner', async () => {
    const person = await signUp(system);
    const denied = await create(person, { scopes: ['read', 'ops:read'] });
    expect(denied).toMatchObject({ status: 422, body: { code: 'identity.scope-not-held' } });
    await system.sql(`UPDATE identity.users SET role = 'admin' WHERE id = $1`, [person.id]);
    const { body } = await eventually(async () => {
      const answer = await create(person, { scopes: ['read', 'ops:read'] });
      if (answer.status !== 201) throw new Error('The role is not known yet.');
      return answer;
    });
    expect(await permissionsOf(body.key)).toEqual(['ops:read']);
    await system.sql(`UPDATE identity.users SET role = 'user' WHERE id = $1`, [person.id]);
    await eventually(async () => (await permissionsOf(body.key))!.length === 0, NOTICED_MS);
  });

  it('never count as a fresh sign-in', async () => {
    const { body } = await create(await signUp(system), { scopes: ['read', 'write'] });
    const answers = await Promise.all(
      [`GET ${KEYS}`, `POST ${KEYS}`, `DELETE ${KEYS}/${body.id}`].map((route) =>
        system.ask(route, { token: body.key }),
      ),
    );
    expect(answers.map(({ body: { code } }) => code)).toEqual(Array(3).fill('auth.mfa-required'));
    for (const answer of answers) expect(answer.body.detail).toContain('API keys');
    const stepUp = await system.ask('POST /v1/auth/step-up', {
      token: body.key,
      body: { password: 'whatever' },
    });
    expect(stepUp).toMatchObject({
      status: 403,
      body: { code: 'auth.forbidden', detail: expect.stringContaining('API keys') },
    });
  });

  it('end when they expire, after a year at the latest', async () => {
    const person = await signUp(system);
    for (const expiresAt of [inDays(-1), inDays(366)]) {
      const refused = await create(person, { expiresAt });
      expect(refused).toMatchObject({ status: 422, body: { code: 'identity.expiry-out-of-range' } });
    }
    const { body: lasting } = await create(person);
    expect(Date.parse(lasting.expiresAt) - Date.now()).toBeGreaterThan(364 * DAY_MS);
    const { body } = await create(person, { expiresAt: inDays(1) });
    expect(await readMe(body.key)).toBe(200);
    await system.sql('UPDATE identity.api_keys SET expires_at = now() WHERE id = $1', [body.id]);
    await eventually(async () => (await readMe(body.key)) === 401, NOTICED_MS);
    expect(await readMe(lasting.key)).toBe(200);
  });

  it('stop at once where they are revoked, elsewhere within five seconds, and only for their owner', async () => {
    const person = await signUp(system);
    const { body } = await create(person);
    expect(await readMe(body.key)).toBe(200);
    const stranger = await signUp(system);
    const foreign = await system.ask(`DELETE ${KEYS}/${body.id}`, { token: stranger.token });
    expect(foreign).toMatchObject({ status: 404, body: { code: 'resource.not-found' } });
    const elsewhere = () => permissionsOf(body.key, 'worker');
    expect(await elsewhere()).not.toBeNull();
    expect((await system.ask(`DELETE ${KEYS}/${body.id}`, { token: person.token })).status).toBe(204);
    expect(await readMe(body.key)).toBe(401);
    await eventually(async () => (await elsewhere()) === null, NOTICED_MS);
    expect((await system.ask(`DELETE ${KEYS}/${body.id}`, { token: person.token })).status).toBe(404);
    expect((await system.ask(`GET ${KEYS}`, { token: person.token })).body.data).toEqual([]);
  });

  it('are not created for an account that is being deleted, although its token is still cached', async () => {
    const person = await signUp(system);
    const beingDeleted = async () =>
      (await system.sql('SELECT 1 FROM identity.users WHERE id = $1 FOR UPDATE SKIP LOCKED', [person.id]))
        .length === 0;
    const [deleted, created] = await race(system, [
      () => system.ask('DELETE /v1/me', { token: person.token }),
      async () => {
        await eventually(beingDeleted);
        return create(person);
      },
    ]);
    expect(deleted!.status).toBe(202);
    expect(created).toMatchObject({ status: 401, body: { code: 'identity.account-gone' } });
    expect(await system.sql('SELECT 1 FROM identity.api_keys WHERE user_id = $1', [person.id])).toEqual([]);
  });

  it('record their last use at most once a minute, and not for wrong keys', async () => {
    const person = await signUp(system);
    const { body } = await create(person);
    const lastUse = async () =>
      (await system.ask(`GET ${KEYS}`, { token: person.token })).body.data[0].lastUsedAt as string | null;
    await readMe(`${body.prefix}_${'A'.repeat(43)}`);
    expect(await lastUse()).toBeNull();
    await Promise.all(Array.from({ length: 10 }, () => readMe(body.key)));
    const first = await lastUse();
    expect(first).not.toBeNull();
    const rewritten = () => system.sql('SELECT xmin::text FROM identity.api_keys WHERE id = $1', [body.id]);
    const before = await rewritten();
    await permissionsOf(body.key, 'worker');
    await readMe(body.key);
    expect(await rewritten()).toEqual(before);
  });

  it('are listed newest first, page by page', async () => {
    const person = await signUp(system);
    for (const name of ['one', 'two', 'three']) await create(person, { name });
    const first = await system.ask(`GET ${KEYS}?limit=2`, { token: person.token });
    expect(first.body.data.map(({ name }: { name: string }) => name)).toEqual(['three', 'two']);
    const rest = await system.ask(`GET ${KEYS}?limit=2&cursor=${first.body.page.nextCursor}`, {
      token: person.token,
    });
    expect(rest.body).toMatchObject({ data: [{ name: 'one' }], page: { nextCursor: null } });
  });
});
