import { contexts } from '@rookery/contexts';
import { agedToken, enroll, newcomer } from '@rookery/contexts/identity/testing';
import { png, processed, upload } from '@rookery/contexts/media/testing';
import { block } from '@rookery/contexts/social/testing';
import { eventually, type Person } from '@rookery/testing';
import { ownSystem } from '@rookery/testing/own-system';
import { askedDuring } from '@rookery/testing/statements';

const SIZES = { small: expect.any(String), medium: expect.any(String), large: expect.any(String) };

describe('An avatar', () => {
  // Links that change once a day at most, so that what names them stays the same.
  const system = ownSystem(contexts, { MEDIA_LINK_SECONDS: '86400' });
  let ada: Person;
  let bob: Person;

  beforeEach(async () => {
    [ada, bob] = await Promise.all([enroll(system), enroll(system)]);
  });

  const change = (person: Person, avatarMediaKey: unknown, ifMatch = '*') =>
    system.ask('PATCH /v1/me', {
      token: person.token,
      body: { avatarMediaKey },
      headers: { 'if-match': ifMatch },
    });
  const me = async (person: Person) => (await system.ask('GET /v1/me', { token: person.token })).body;
  const read = (viewer: Person, user: Person, headers: Record<string, string> = {}) =>
    system.ask(`GET /v1/users/${user.id}`, { token: viewer.token, headers });
  /** @returns the key of an avatar that shows */
  async function picture(person: Person): Promise<string> {
    const key = await upload(system, person, png(300, 300));
    expect((await change(person, key)).status).toBe(200);
    await processed(system, key);
    return key;
  }

  it('is an image that its user has uploaded, shown in three sizes', async () => {
    expect((await me(ada)).avatarUrl).toBeNull();
    const before = await read(bob, ada);
    expect(before.body.avatarUrl).toBeNull();
    await picture(ada);
    const shown = await me(ada);
    expect(shown).toMatchObject({ avatarUrl: SIZES, version: 2 });
    expect(shown).not.toHaveProperty('avatarMediaKey');
    expect((await fetch(shown.avatarUrl.small)).status).toBe(200);
    // Nothing of it is in what is cached, so it shows at once, with a validator of its own.
    const after = await read(bob, ada, { 'if-none-match': String(before.headers.etag) });
    expect([after.status, after.body.avatarUrl]).toEqual([200, shown.avatarUrl]);
    expect(after.body).not.toHaveProperty('avatarMediaKey');
    // Late news of the change takes the user out of the cache, which changes nothing else.
    await eventually(async () => {
      const again = await read(bob, ada, { 'if-none-match': String(after.headers.etag) });
      expect([again.status, again.headers['x-cache']]).toEqual([304, 'HIT']);
    });
  });

  it('can be replaced and removed, which removes the previous image', async () => {
    const first = await picture(ada);
    const { avatarUrl: old } = await me(ada);
    await picture(ada);
    expect((await me(ada)).avatarUrl.small).not.toBe(old.small);
    await eventually(async () => (await fetch(old.small)).status === 404);
    expect(await change(ada, first)).toMatchObject({ status: 422 });
    const { avatarUrl: current } = await me(ada);
    expect((await change(ada, null)).body.avatarUrl).toBeNull();
    expect((await change(ada, null)).body.version).toBe(4);
    await eventually(async () => (await fetch(current.small)).status === 404);
  });

  it('may neither be the upload of somebody else, nor another kind of file', async () => {
    const theirs = await upload(system, bob);
    const pdf = await upload(system, ada, Buffer.from('%PDF-1.7\n'), 'application/pdf');
    for (const key of [theirs, pdf, 'uploads/none', await upload(system, ada, Buffer.from('<svg/>'))])
      expect(await change(ada, key)).toMatchObject({
        status: 422,
        body: { code: 'media.not-usable', errors: [{ path: 'avatarMediaKey', code: 'usable-media' }] },
      });
    for (const key of [1, '', 'x'.repeat(101)]) expect((await change(ada, key)).status).toBe(400);
    expect((await me(ada)).version).toBe(1);
  });

  it('is not verified if the version is stale', async () => {
    const key = await upload(system, ada);
    expect((await change(ada, key, '"7"')).status).toBe(412);
    expect((await change(ada, 'uploads/none', '"7"')).status).toBe(412);
    const [row] = await system.sql<{ status: string }>(
      'SELECT status FROM media.uploads WHERE media_key = $1',
      [key],
    );
    expect(row!.status).toBe('pending');
  });

  it('is one of two that are set at once, and the other one is removed', async () => {
    const keys = [await upload(system, ada), await upload(system, ada)];
    const answers = await Promise.all(keys.map((key) => change(ada, key)));
    expect(answers.map(({ status }) => status)).toEqual([200, 200]);
    const left = await system.sql<{ key: string; uses: string[] }>(
      'SELECT media_key AS key, uses FROM media.uploads WHERE owner_id = $1',
      [ada.id],
    );
    const [user] = await system.sql<{ key: string }>(
      'SELECT avatar_media_key AS key FROM identity.users WHERE id = $1',
      [ada.id],
    );
    expect(left).toEqual([{ key: user!.key, uses: [`avatars:${ada.id}`] }]);
  });

  it('is in lists, for the same number of statements, however many have one', async () => {
    const { username: name } = newcomer();
    const hub = await enroll(system);
    const people = await Promise.all(Array.from({ length: 4 }, () => enroll(system, { name })));
    for (const person of people) await system.ask(`PUT /v1/users/${hub.id}/follow`, { token: person.token });
    await picture(people[0]!);
    const paths = [`users?search=${name}`, `users/${hub.id}/followers`];
    const token = await agedToken(system, bob);
    const asked = async (path: string): Promise<number> => {
      const get = () => system.ask(`GET /v1/${path}`, { token });
      await get();
      // One in four seconds reads its session again.
      const counts = [await askedDuring(system, get), await askedDuring(system, get)];
      return Math.min(...counts.map(({ postgres }) => postgres.flat().length));
    };
    const one = [await asked(paths[0]!), await asked(paths[1]!)];
    for (const person of people.slice(1, 3)) await picture(person);
    for (const [index, path] of paths.entries()) expect(await asked(path)).toBe(one[index]!);
    for (const path of paths) {
      const { body } = await system.ask(`GET /v1/${path}`, { token: bob.token });
      expect(
        new Map(body.data.map((user: { id: string; avatarUrl: unknown }) => [user.id, user.avatarUrl])),
      ).toEqual(new Map(people.map(({ id }, index) => [id, index < 3 ? SIZES : null])));
      expect(body.data[0]).not.toHaveProperty('avatarMediaKey');
    }
  });

  it('is hidden with its user', async () => {
    await picture(ada);
    await block(system, ada, bob);
    expect((await read(bob, ada)).status).toBe(404);
    const carl = await enroll(system);
    await system.ask('DELETE /v1/me', { token: ada.token });
    await eventually(async () => (await read(carl, ada)).status === 404);
  });
});
