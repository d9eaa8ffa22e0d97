import { enroll } from '@rookery/contexts/identity/testing';
import { hide, leave } from '@rookery/contexts/social/testing';
import { type Person, sharedSystem } from '@rookery/testing';

/** The lists, how somebody comes on them, and the time of that. */
const LISTS = [
  ['blocks', 'block', 'blockedAt'],
  ['mutes', 'mute', 'mutedAt'],
] as const;

describe.each(LISTS)('The list of %s', (list, verb, time) => {
  const system = sharedSystem();
  let ada: Person;
  let others: Person[];

  beforeEach(async () => {
    [ada, ...others] = (await Promise.all(Array.from({ length: 5 }, () => enroll(system)))) as [Person];
  });

  const say = async (who: Person, method: 'PUT' | 'DELETE', what: string, whom: Person) =>
    (await system.ask(`${method} /v1/users/${whom.id}/${what}`, { token: who.token })).status;
  const exclude = async (...people: Person[]) => {
    for (const person of people) expect(await say(ada, 'PUT', verb, person)).toBe(204);
  };
  const read = (query = '', who = ada) => system.ask(`GET /v1/me/${list}?${query}`, { token: who.token });
  const ids = (people: readonly { id: string }[]) => people.map(({ id }) => id);

  it('returns who is on it, latest first, and to nobody else', async () => {
    await exclude(...others);
    const { status, body } = await read();
    expect(status).toBe(200);
    expect(ids(body.data)).toEqual(ids(others).toReversed());
    expect(body.data[0]).toEqual({
      id: others[3]!.id,
      username: expect.any(String),
      name: 'Some Person',
      relation: {
        following: false,
        followedBy: false,
        blocking: list === 'blocks',
        muting: list === 'mutes',
      },
      [time]: expect.stringMatching(/^\d{4}-.*\.\d{3}Z$/),
    });
    expect(body.page).toEqual({ nextCursor: null });
    expect((await read('', others[0])).body.data).toEqual([]);
  });

  it('pages by cursor, without skips and repeats while others come and go', async () => {
    await exclude(...others);
    const first = await read('limit=2');
    expect(first.headers.link).toMatch(/rel="next"/);
    await exclude(await enroll(system));
    expect(await say(ada, 'DELETE', verb, others[3]!)).toBe(204);
    const second = await read(`limit=2&cursor=${first.body.page.nextCursor}`);
    expect(ids([...first.body.data, ...second.body.data])).toEqual(ids(others).toReversed());
    const other = list === 'blocks' ? 'mutes' : 'blocks';
    const foreign = await system.ask(`GET /v1/me/${other}?cursor=${first.body.page.nextCursor}`, {
      token: ada.token,
    });
    expect(foreign).toMatchObject({ status: 400, body: { code: 'request.invalid-cursor' } });
  });

  it('shows users who have blocked the caller like deleted ones: without names, so that they can be removed by id', async () => {
    const [blocker, deleted, hidden] = others as [Person, Person, Person];
    for (const person of [blocker, deleted, hidden]) await say(ada, 'PUT', 'follow', person);
    await exclude(blocker, deleted, hidden);
    expect(await say(blocker, 'PUT', 'block', ada)).toBe(204);
    await leave(system, deleted);
    await hide(system, hidden);

    const { body } = await read();
    expect(ids(body.data)).toEqual(ids([hidden, deleted, blocker]));
    for (const { id: _, [time]: __, ...shown } of body.data) {
      const relation = {
        following: false,
        followedBy: false,
        blocking: list === 'blocks',
        muting: list === 'mutes',
      };
      expect(shown).toEqual({ username: null, name: null, relation });
    }
    for (const person of [blocker, deleted, hidden]) {
      for (let attempt = 0; attempt < 2; attempt += 1)
        expect(await say(ada, 'DELETE', verb, person)).toBe(204);
    }
    expect((await read()).body.data).toEqual([]);
  });

  it('rejects invalid limits and parameters', async () => {
    for (const query of ['limit=0', 'limit=101', 'sort=asc']) {
      expect(await read(query)).toMatchObject({ status: 400, body: { code: 'request.invalid' } });
    }
  });
});
