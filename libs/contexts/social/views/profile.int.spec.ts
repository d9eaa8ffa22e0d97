import { contexts } from '@rookery/contexts';
import { checkPorts } from '@rookery/application';
import { identity } from '@rookery/contexts/identity/identity.context';
import { operations } from '@rookery/contexts/operations/operations.context';
import { agedToken, enroll, newcomer } from '@rookery/contexts/identity/testing';
import { block, leave, publish } from '@rookery/contexts/social/testing';
import { eventually, type Person, served, sharedSystem } from '@rookery/testing';
import { contextOf } from '@rookery/testing/context';
import { ownSystem } from '@rookery/testing/own-system';
import { askedDuring } from '@rookery/testing/statements';
import { HiddenProfiles, type ProfileDetails, Profiles } from '../../identity/contract';
import { Visibility } from '../storage/visibility';

const NOTHING = { following: false, followedBy: false, blocking: false, muting: false };

describe('What a profile shows of two users', () => {
  const system = sharedSystem();
  let ada: Person;
  let bob: Person;

  beforeEach(async () => {
    [ada, bob] = await Promise.all([enroll(system), enroll(system)]);
  });

  const say = async (who: Person, method: 'PUT' | 'DELETE', what: string, whom: Person) =>
    expect((await system.ask(`${method} /v1/users/${whom.id}/${what}`, { token: who.token })).status).toBe(
      204,
    );
  const read = (viewer: Person, whom: Person, headers = {}) =>
    system.ask(`GET /v1/users/${whom.id}`, { token: viewer.token, headers });
  const list = async (viewer: Person, path: string) =>
    (await served(() => system.ask(`GET /v1/${path}`, { token: viewer.token }))).body.data as {
      id: string;
      relation: object | null;
      counts: object;
    }[];

  it('is right directly after each change, whatever the cache still has', async () => {
    await read(ada, bob);
    const steps = [
      [ada, 'PUT', 'follow', { following: true }],
      [bob, 'PUT', 'follow', { following: true, followedBy: true }],
      [ada, 'PUT', 'mute', { following: true, followedBy: true, muting: true }],
      [ada, 'DELETE', 'follow', { followedBy: true, muting: true }],
      [ada, 'PUT', 'block', { blocking: true, muting: true }],
      [ada, 'DELETE', 'block', { muting: true }],
      [ada, 'DELETE', 'mute', {}],
    ] as const;
    const tags = new Set<unknown>();
    for (const [who, method, what, relation] of steps) {
      await say(who, method, what, who === ada ? bob : ada);
      const { body, headers } = await read(ada, bob);
      expect(body.relation).toEqual({ ...NOTHING, ...relation });
      tags.add(headers.etag);
    }
    expect(tags.size).toBe(steps.length);
  });

  it('is for each of the two their own, although they share what is cached', async () => {
    await say(ada, 'PUT', 'follow', bob);
    const carl = await enroll(system);
    // Late news of his registration takes him out of the cache.
    const [first, second] = await eventually(async () => {
      const answers = [await read(ada, bob), await read(carl, bob)] as const;
      expect(answers.map(({ body }) => body.relation.following)).toEqual([true, false]);
      return answers[1].headers['x-cache'] === 'HIT' && answers;
    });
    expect((await read(bob, ada)).body.relation).toEqual({ ...NOTHING, followedBy: true });
    expect((await read(bob, bob)).body.relation).toBeNull();
    expect(second.headers.etag).not.toBe(first.headers.etag);
  });

  it('changes the validator of the answer, so that no browser shows an old button', async () => {
    const before = await read(ada, bob);
    await say(ada, 'PUT', 'follow', bob);
    const after = await read(ada, bob, { 'if-none-match': String(before.headers.etag) });
    expect([after.status, after.body.relation.following]).toEqual([200, true]);
  });

  it('does not exist for whoever is blocked, and tells the blocker nothing of a block in return', async () => {
    await read(ada, bob);
    await block(system, bob, ada);
    const { status, headers } = await read(ada, bob);
    expect([status, headers['x-cache']]).toEqual([404, undefined]);
    expect((await read(bob, ada)).body.relation).toEqual({ ...NOTHING, blocking: true });
  });

  it('is in the lists too, of users, of followers and of followed users', async () => {
    const name = newcomer().username;
    const [viewer, one, two] = [
      await enroll(system, { name }),
      await enroll(system, { name }),
      await enroll(system, { name }),
    ];
    await say(viewer, 'PUT', 'follow', one);
    await say(two, 'PUT', 'follow', viewer);
    await say(viewer, 'PUT', 'mute', two);
    for (const person of [viewer, one, two]) await say(person, 'PUT', 'follow', ada);
    for (const person of [viewer, one, two]) await say(ada, 'PUT', 'follow', person);
    const expected = new Map([
      [viewer.id, null],
      [one.id, { ...NOTHING, following: true }],
      [two.id, { ...NOTHING, followedBy: true, muting: true }],
    ]);
    for (const path of [`users?search=${name}`, `users/${ada.id}/followers`, `users/${ada.id}/following`]) {
      const listed = await list(viewer, path);
      expect(new Map(listed.map(({ id, relation }) => [id, relation]))).toEqual(expected);
    }
  });

  it('comes with counts that are right when things are quiet', async () => {
    const [one, two] = [await enroll(system), await enroll(system)];
    const posts = [await publish(system, bob), await publish(system, bob), await publish(system, bob)];
    for (const person of [ada, one, two]) await say(person, 'PUT', 'follow', bob);
    await say(bob, 'PUT', 'follow', ada);
    const counted = (counts: object) =>
      eventually(async () => {
        expect((await read(ada, bob)).body.counts).toEqual(counts);
        return true;
      });
    await counted({ posts: 3, followers: 3, following: 1 });
    expect((await list(ada, `users/${ada.id}/followers`))[0]!.counts).toEqual({
      posts: 3,
      followers: 3,
      following: 1,
    });
    await system.sql('DELETE FROM social.comments WHERE post_id = $1', [posts[0]!.id]);
    const admin = await enroll(system, { role: 'admin' });
    await system.ask(`DELETE /v1/posts/${posts[0]!.id}`, { token: admin.token });
    await say(two, 'DELETE', 'follow', bob);
    await counted({ posts: 2, followers: 2, following: 1 });
    await leave(system, one);
    await counted({ posts: 2, followers: 1, following: 1 });
    await say(bob, 'PUT', 'block', ada);
    await eventually(async () => {
      expect((await read(two, bob)).body.counts).toEqual({ posts: 2, followers: 0, following: 0 });
      return true;
    });
  });

  it('counts two hundred who follow, unfollow and follow again at once', async () => {
    const fans: Person[] = [];
    while (fans.length < 200)
      fans.push(...(await Promise.all(Array.from({ length: 20 }, () => enroll(system)))));
    // Like a client: 503 means that the request may be repeated, as on a busy machine.
    const tell = async (fan: Person, method: 'PUT' | 'DELETE'): Promise<void> => {
      const { status } = await system.ask(`${method} /v1/users/${bob.id}/follow`, { token: fan.token });
      if (status === 503) return tell(fan, method);
      expect(status).toBe(204);
    };
    await Promise.all(fans.map((fan) => tell(fan, 'PUT')));
    await Promise.all(
      fans.flatMap((fan, index) =>
        index % 2 === 0 ? tell(fan, 'DELETE') : [tell(fan, 'DELETE'), tell(fan, 'PUT')],
      ),
    );
    const [{ followers }] = (await system.sql(
      'SELECT count(*)::int AS followers FROM social.relationships WHERE other_id = $1 AND followed_at IS NOT NULL',
      [bob.id],
    )) as [{ followers: number }];
    expect(followers).toBeLessThanOrEqual(100);
    // Behind the copies of two hundred accounts, which a busy machine makes one after the other.
    await eventually(async () => {
      const open = await system.sql(
        `SELECT 1 FROM messaging.event_delivery JOIN messaging.outbox USING (event_id)
         WHERE subscriber = 'social.project-counts' AND state <> 'done' AND data ->> 'otherId' = $1`,
        [bob.id],
      );
      return open.length === 0;
    }, 300_000);
    expect((await read(ada, bob)).body.counts).toEqual({ posts: 0, followers, following: 0 });
  }, 480_000);
});

describe('What a list of profiles asks', () => {
  const system = ownSystem(contexts);

  it.each(['users?search=', 'users/:id/followers?', 'users/:id/following?'])(
    'of PostgreSQL is the same for one user as for nineteen: %s',
    async (path) => {
      const name = newcomer().username;
      const [viewer, hub] = await Promise.all([enroll(system), enroll(system)]);
      const others = await Promise.all(Array.from({ length: 20 }, () => enroll(system, { name })));
      for (const other of others) {
        await system.ask(`PUT /v1/users/${hub.id}/follow`, { token: other.token });
        await system.ask(`PUT /v1/users/${other.id}/follow`, { token: hub.token });
      }
      const token = await agedToken(system, viewer);
      const target = `GET /v1/${path.replace(':id', hub.id)}${path.endsWith('=') ? name : ''}`;
      const asked = async (limit: number) => {
        const get = async () => {
          const { body } = await served(() => system.ask(`${target}&limit=${limit}`, { token }));
          expect(body.data).toHaveLength(limit);
        };
        await get();
        // One in four seconds reads its session again.
        const some: string[][] = [];
        while (some.length < 3) some.push((await askedDuring(system, get)).postgres.flat());
        return some.sort((a, b) => a.length - b.length)[0]!;
      };
      const many = await asked(19);
      expect(many.length).toBeGreaterThan(0);
      expect(await asked(1)).toEqual(many);
    },
  );
});

/** A port that is wired and answers nothing. */
class SilentProfiles extends Profiles {
  override detailsOf(): Promise<Map<string, ProfileDetails>> {
    return Promise.resolve(new Map());
  }
}

describe('Without an answer about a profile', () => {
  const silent = contexts.map((context) =>
    context.name === 'social'
      ? {
          ...context,
          offers: [
            ...context.offers.filter(({ provide }) => provide !== Profiles),
            { provide: Profiles, useClass: SilentProfiles },
          ],
        }
      : context,
  );
  const system = ownSystem(silent);

  it('nobody is shown', async () => {
    const [viewer, other] = [await enroll(system), await enroll(system)];
    const { status } = await system.ask(`GET /v1/users/${other.id}`, { token: viewer.token });
    expect(status).toBe(404);
    const { body } = await system.ask('GET /v1/users?search=', { token: viewer.token });
    expect(body.data).toEqual([]);
  });

  it('nothing boots if no context can give one', () => {
    const hidden = contextOf('hidden', { offers: [{ provide: HiddenProfiles, useExisting: Visibility }] });
    expect(() => checkPorts([identity, operations, hidden])).toThrow(
      'identity.context.ts asks for Profiles, which no context offers',
    );
  });
});
