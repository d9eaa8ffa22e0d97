import { newId } from '@rookery/domain';
import { enroll } from '@rookery/contexts/identity/testing';
import { hide } from '@rookery/contexts/social/testing';
import { type Person, sharedSystem } from '@rookery/testing';
import fc from 'fast-check';

/** The two lists, and who has to follow whom for `friend` to appear in that of `ada`. */
const LISTS = [
  ['followers', (ada: Person, friend: Person) => [friend, ada] as const],
  ['following', (ada: Person, friend: Person) => [ada, friend] as const],
] as const;

describe.each(LISTS)('The list of %s', (list, ends) => {
  const system = sharedSystem();
  let ada: Person;
  let crowd: Person[];

  beforeAll(async () => {
    crowd = await Promise.all(Array.from({ length: 8 }, () => enroll(system)));
  });
  beforeEach(async () => {
    ada = await enroll(system);
  });

  async function wish(method: 'PUT' | 'DELETE', [who, whom]: readonly [Person, Person]): Promise<void> {
    const { status } = await system.ask(`${method} /v1/users/${whom.id}/follow`, { token: who.token });
    expect(status).toBe(204);
  }
  const join = (friend: Person) => wish('PUT', ends(ada, friend));
  const leave = (friend: Person) => wish('DELETE', ends(ada, friend));
  const read = (viewer: Person, query = '') =>
    system.ask(`GET /v1/users/${ada.id}/${list}?${query}`, { token: viewer.token });
  const ids = (people: readonly { id: string }[]) => people.map(({ id }) => id);

  it('returns the users with the time of the follow, latest first', async () => {
    for (const friend of crowd.slice(0, 3)) await join(friend);
    const { status, body } = await read(crowd[7]!);
    expect(status).toBe(200);
    expect(ids(body.data)).toEqual(ids(crowd.slice(0, 3)).toReversed());
    expect(body.data[0]).toEqual({
      id: crowd[2]!.id,
      username: expect.any(String),
      name: 'Some Person',
      avatarUrl: null,
      followedAt: expect.stringMatching(/^\d{4}-.*\.\d{3}Z$/),
      counts: expect.any(Object),
      relation: { following: false, followedBy: false, blocking: false, muting: false },
    });
    expect(body.page).toEqual({ nextCursor: null });
  });

  it('is empty where nobody follows', async () => {
    expect((await read(ada)).body).toEqual({ data: [], page: { nextCursor: null } });
  });

  it('does not contain deleted users', async () => {
    await join(crowd[0]!);
    await leave(crowd[0]!);
    expect((await read(ada)).body.data).toEqual([]);
  });

  it('excludes users who are hidden from the viewer or deleted, and still fills its pages', async () => {
    const [viewer, gone, ...friends] = await Promise.all(Array.from({ length: 6 }, () => enroll(system)));
    for (const friend of [friends[0]!, gone!, friends[1]!, friends[2]!, friends[3]!]) await join(friend);
    await system.ask(`PUT /v1/users/${viewer!.id}/block`, { token: friends[1]!.token });
    await system.ask(`PUT /v1/users/${friends[2]!.id}/block`, { token: viewer!.token });
    await hide(system, gone!);

    const first = await read(viewer!, 'limit=2');
    expect(ids(first.body.data)).toEqual(ids([friends[3]!, friends[2]!]));
    const second = await read(viewer!, `limit=2&cursor=${first.body.page.nextCursor}`);
    expect(second.body).toMatchObject({ data: [{ id: friends[0]!.id }], page: { nextCursor: null } });
    expect(ids((await read(ada)).body.data)).toHaveLength(4);
  });

  it('returns 404 for the list of a user who does not exist, is deleted, or for a malformed id', async () => {
    const gone = await enroll(system);
    await system.sql(`UPDATE identity.users SET status = 'deleted' WHERE id = $1`, [gone.id]);
    await hide(system, gone);
    for (const id of [newId(), gone.id, 'nobody']) {
      const answer = await system.ask(`GET /v1/users/${id}/${list}`, { token: ada.token });
      expect(answer).toMatchObject({ status: 404, body: { code: 'resource.not-found' } });
    }
  });

  it('rejects a cursor of another list, and invalid limits', async () => {
    for (const friend of crowd.slice(0, 2)) await join(friend);
    const { body } = await read(ada, 'limit=1');
    const other = list === 'followers' ? 'following' : 'followers';
    for (const path of [`${ada.id}/${other}`, `${crowd[0]!.id}/${list}`]) {
      const foreign = await system.ask(`GET /v1/users/${path}?cursor=${body.page.nextCursor}`, {
        token: ada.token,
      });
      expect(foreign).toMatchObject({ status: 400, body: { code: 'request.invalid-cursor' } });
    }
    for (const query of ['limit=0', 'limit=101', 'limit=x', 'sort=asc']) {
      expect(await read(ada, query)).toMatchObject({ status: 400, body: { code: 'request.invalid' } });
    }
  });

  it('neither repeats nor skips users who stay, while others come and go', async () => {
    const step = fc.record({
      limit: fc.integer({ min: 1, max: 4 }),
      moves: fc.array(fc.record({ who: fc.integer({ min: 0, max: 3 }), joins: fc.boolean() }), {
        maxLength: 4,
      }),
    });
    await fc.assert(
      fc.asyncProperty(
        fc.subarray([0, 1, 2, 3]),
        fc.shuffledSubarray([4, 5, 6, 7]),
        fc.array(step, { minLength: 1, maxLength: 6 }),
        async (atFirst, staying, steps) => {
          ada = await enroll(system);
          for (const index of [...atFirst, ...staying]) await join(crowd[index]!);
          const walked: string[] = [];
          let cursor: string | null | undefined;
          for (let page = 0; cursor !== null; page += 1) {
            const { limit, moves } = steps[page % steps.length]!;
            const [{ body }] = await Promise.all([
              read(crowd[7]!, `limit=${limit}${cursor ? `&cursor=${cursor}` : ''}`),
              ...moves.map(({ who, joins }) => (joins ? join(crowd[who]!) : leave(crowd[who]!))),
            ]);
            walked.push(...ids(body.data));
            cursor = body.page.nextCursor;
          }
          expect(new Set(walked).size).toBe(walked.length);
          const stayed = ids(staying.map((index) => crowd[index]!)).toReversed();
          expect(walked.filter((id) => stayed.includes(id))).toEqual(stayed);
        },
      ),
      { numRuns: 25 },
    );
  });
});
