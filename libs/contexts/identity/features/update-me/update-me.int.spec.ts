import { Authenticator, enroll, newcomer } from '@rookery/contexts/identity/testing';
import { type Ask, type Person, race, sharedSystem } from '@rookery/testing';

describe('changing your account', () => {
  const system = sharedSystem();

  const change = ({ token }: Person, body: object, ifMatch?: string) =>
    system.ask('PATCH /v1/me', {
      token,
      body,
      ...(ifMatch !== undefined && ({ headers: { 'if-match': ifMatch } } satisfies Ask)),
    });
  const statuses = (answers: { status: number }[]) =>
    answers.map(({ status }) => status).toSorted((a, b) => a - b);

  it('returns the changed account with its new version', async () => {
    const person = await enroll(system);
    const before = await system.ask('GET /v1/me', { token: person.token });
    const after = await change(
      person,
      { name: '  Ada King ', username: 'Ada.K' },
      String(before.headers.etag),
    );
    expect(after).toMatchObject({
      status: 200,
      body: { ...before.body, name: 'Ada King', username: 'Ada.K', version: before.body.version + 1 },
    });
    const read = await system.ask('GET /v1/me', { token: person.token });
    expect([read.body, read.headers.etag]).toEqual([after.body, after.headers.etag]);
    const events = await system.sql(
      `SELECT data, sequence FROM messaging.outbox WHERE subject = $1 AND type = 'identity.user-renamed'`,
      [person.id],
    );
    expect(events).toEqual([{ data: { name: 'Ada King', username: 'Ada.K' }, sequence: 3 }]);
  });

  it('takes a bio of up to 300 characters, and an empty one', async () => {
    const person = await enroll(system);
    const lines = 'Two lines,\nthe second with emojis: ';
    const bio = lines + '🐦'.repeat(300 - lines.length);
    const after = await change(person, { bio: `  ${bio} ` }, '"1"');
    expect(after).toMatchObject({ status: 200, body: { bio, version: 2 } });
    expect((await change(person, { bio }, '*')).body.version).toBe(2);
    expect((await change(person, { bio: `${bio}!` }, '*')).status).toBe(400);
    expect((await change(person, { bio: null }, '*')).status).toBe(400);
    const read = await system.ask('GET /v1/me', { token: person.token });
    expect([read.body, read.headers.etag]).toEqual([after.body, after.headers.etag]);
    expect((await change(person, { bio: ' ' }, '*')).body).toMatchObject({ bio: '', version: 3 });
  });

  it('creates one version for names and bio together, and raises a rename only for names', async () => {
    const person = await enroll(system);
    const after = await change(person, { name: 'Ada King', bio: 'Countess.' }, '"1"');
    expect(after.body).toMatchObject({ name: 'Ada King', bio: 'Countess.', version: 2 });
    await change(person, { bio: 'Mathematician.' }, '"2"');
    const events = await system.sql(
      `SELECT type, data FROM messaging.outbox WHERE subject = $1 AND sequence > 2 ORDER BY sequence`,
      [person.id],
    );
    expect(events).toEqual([
      { type: 'identity.user-renamed', data: expect.objectContaining({ name: 'Ada King' }) },
      { type: 'identity.bio-changed', data: {} },
      { type: 'identity.bio-changed', data: {} },
    ]);
  });

  it('does not change omitted fields', async () => {
    const person = await enroll(system);
    const { body } = await change(person, { name: 'Somebody Else' }, '*');
    expect(body).toMatchObject({ name: 'Somebody Else', username: expect.stringMatching(/^person/) });
    const again = await change(person, {}, '*');
    expect(again).toMatchObject({ status: 200, body: { version: body.version } });
  });

  it('requires the version, and rejects a stale one', async () => {
    const person = await enroll(system);
    expect(await change(person, { name: 'A' })).toMatchObject({
      status: 428,
      body: { code: 'precondition.required' },
    });
    const stale = await change(person, { name: 'A' }, '"2"');
    expect(stale).toMatchObject({ status: 412, body: { code: 'precondition.failed' } });
    expect(stale.headers.etag).toBe('"1"');
    const unquoted = await change(person, { name: 'A' }, '1');
    expect(unquoted).toMatchObject({ status: 412, body: { detail: expect.stringContaining('such as "1"') } });
    expect((await change(person, { name: '   ' })).status).toBe(400);
    expect((await change(person, { role: 'admin' }, '*')).status).toBe(400);
    expect((await change(person, { username: 'a b' }, '*')).status).toBe(400);
    expect((await change(person, { name: null }, '*')).status).toBe(400);
  });

  it('lets one of many edits of a version win and tells the others that it is stale', async () => {
    const person = await enroll(system);
    const answers = await race(
      system,
      Array.from({ length: 6 }, (_, index) => () => change(person, { name: `Name ${index}` }, '"1"')),
      { inOrder: false },
    );
    expect(statuses(answers)).toEqual([200, ...Array<number>(5).fill(412)]);
    const { body } = await system.ask('GET /v1/me', { token: person.token });
    expect(body).toMatchObject({ version: 2, name: answers.find(({ status }) => status === 200)!.body.name });
  });

  it('accepts an edit of the profile although security settings have changed since it was read', async () => {
    const person = await enroll(system);
    const { headers } = await system.ask('GET /v1/me', { token: person.token });
    await Authenticator.enroll(system, person);
    expect(await change(person, { name: 'Ada King' }, String(headers.etag))).toMatchObject({
      status: 200,
      body: { name: 'Ada King', version: 2 },
    });
  });

  it('applies edits that take any version one after the other', async () => {
    const person = await enroll(system);
    const answers = await Promise.all(
      Array.from({ length: 5 }, (_, index) => change(person, { name: `Name ${index}` }, '*')),
    );
    expect(answers.map(({ body }) => body.version).toSorted((a, b) => a - b)).toEqual([2, 3, 4, 5, 6]);
  });

  it('rejects a username that is taken, case-insensitively', async () => {
    await enroll(system, { username: 'taken' });
    const person = await enroll(system, { username: 'mine' });
    expect(await change(person, { username: 'TAKEN' }, '*')).toMatchObject({
      status: 409,
      body: { code: 'identity.username-taken' },
    });
    expect((await change(person, { username: 'Mine' }, '*')).status).toBe(200);
  });

  it('rejects a username that a pending registration or a decoy holds', async () => {
    const [known, person] = [await enroll(system), await enroll(system)];
    await system.ask('POST /v1/auth/register', { body: newcomer({ username: 'pending' }) });
    await system.ask('POST /v1/auth/register', {
      body: newcomer({ email: known.email, username: 'decoyed' }),
    });
    for (const username of ['pending', 'decoyed']) {
      expect((await change(person, { username }, '*')).status).toBe(409);
    }
  });

  it('gives a username to one of many who want it at once', async () => {
    const people = await Promise.all(Array.from({ length: 6 }, () => enroll(system)));
    const answers = await race(
      system,
      people.map((person) => () => change(person, { username: 'wanted' }, '*')),
      { inOrder: false },
    );
    expect(statuses(answers)).toEqual([200, ...Array<number>(5).fill(409)]);
  });

  it('gives a username to a decoy or to an account that wants it at the same time, never to both', async () => {
    for (const username of ['contested1', 'contested2', 'contested3']) {
      const [known, person] = [await enroll(system), await enroll(system)];
      const answers = await race(system, [
        () => change(person, { username }, '*'),
        () => system.ask('POST /v1/auth/register', { body: newcomer({ email: known.email, username }) }),
      ]);
      const [renamed, registered] = answers.map(({ status }) => status);
      expect([
        [200, 409],
        [409, 202],
      ]).toContainEqual([renamed, registered]);
    }
  });
});
