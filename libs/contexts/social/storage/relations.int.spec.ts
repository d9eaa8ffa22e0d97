import { contexts } from '@rookery/contexts';
import { newId } from '@rookery/domain';
import { enroll } from '@rookery/contexts/identity/testing';
import { block, leave } from '@rookery/contexts/social/testing';
import type { Person } from '@rookery/testing';
import { ownSystem } from '@rookery/testing/own-system';
import { type Follower, Relations } from '../contract';

describe('The visibility rules that social offers', () => {
  const system = ownSystem(contexts);
  let relations: Relations;

  beforeAll(async () => {
    relations = system.inApi(Relations);
  });

  const some = (count: number) => Promise.all(Array.from({ length: count }, () => enroll(system)));
  const ids = (...people: Person[]) => people.map(({ id }) => id);
  const follow = async (who: Person, whom: Person) =>
    expect((await system.ask(`PUT /v1/users/${whom.id}/follow`, { token: who.token })).status).toBe(204);

  it('excludes blocks in either direction, inactive users, and unknown users', async () => {
    const [viewer, seen, blocker, blocked, gone] = (await some(5)) as [
      Person,
      Person,
      Person,
      Person,
      Person,
    ];
    await block(system, blocker, viewer);
    await block(system, viewer, blocked);
    await leave(system, gone);
    const all = [...ids(viewer, seen, blocker, blocked, gone), newId()];
    expect(await relations.visibleTo(viewer.id, all)).toEqual(new Set(ids(viewer, seen)));
    expect(await relations.viewersOf(viewer.id, all)).toEqual(new Set(ids(viewer, seen)));
    expect(await relations.viewersOf(gone.id, all)).toEqual(new Set());
    expect(await relations.visibleTo(viewer.id, [])).toEqual(new Set());
    expect(await relations.blocksAmong(all)).toEqual(
      expect.arrayContaining([
        { userId: blocker.id, blockedId: viewer.id },
        { userId: viewer.id, blockedId: blocked.id },
      ]),
    );
    expect(await relations.blocksAmong(ids(seen, viewer))).toEqual([]);
  });

  it('returns which of them a viewer follows and has muted, and nothing about others', async () => {
    const [viewer, followed, muted, stranger, blocker, gone] = (await some(6)) as [
      Person,
      Person,
      Person,
      Person,
      Person,
      Person,
    ];
    for (const whom of [followed, muted, blocker, gone]) await follow(viewer, whom);
    await system.ask(`PUT /v1/users/${muted.id}/mute`, { token: viewer.token });
    await follow(stranger, viewer);
    await system.ask(`PUT /v1/users/${viewer.id}/block`, { token: blocker.token });
    await leave(system, gone);
    const all = [...ids(viewer, followed, muted, stranger, blocker, gone), newId()];
    expect(await relations.relationsTo(viewer.id, all)).toEqual(
      new Map([
        [viewer.id, { following: false, muting: false }],
        [followed.id, { following: true, muting: false }],
        [muted.id, { following: true, muting: true }],
        [stranger.id, { following: false, muting: false }],
      ]),
    );
    expect(await relations.relationsTo(viewer.id, [])).toEqual(new Map());
  });

  it('knows somebody whose copy has not arrived yet', async () => {
    const [viewer, author] = (await some(2)) as [Person, Person];
    await system.sql('DELETE FROM social.people WHERE id = $1', [author.id]);
    expect(await relations.visibleTo(viewer.id, [author.id])).toEqual(new Set([author.id]));
  });

  it('gives active followers in pages that neither skip nor repeat', async () => {
    const [author, ...followers] = (await some(6)) as [Person, ...Person[]];
    for (const follower of followers) await follow(follower, author);
    await leave(system, followers[2]!);
    await system.sql('UPDATE social.relationships SET followed_at = $2 WHERE other_id = $1', [
      author.id,
      new Date('2026-01-01T00:00:00.123Z'),
    ]);
    const walked: Follower[] = [];
    for (let page: Follower[] = []; ; walked.push(...page)) {
      page = await relations.followersOf(author.id, walked.at(-1) ?? null, 2);
      if (page.length === 0) break;
      expect(page.length).toBeLessThanOrEqual(2);
    }
    const there = ids(...followers.filter((_, index) => index !== 2)).sort();
    expect(walked.map(({ id }) => id)).toEqual(there.toReversed());
  });
});
