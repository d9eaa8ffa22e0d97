import { newId } from '@rookery/domain';
import { contexts } from '@rookery/contexts';
import { enroll } from '@rookery/contexts/identity/testing';
import { leave } from '@rookery/contexts/social/testing';
import { Transaction } from '@rookery/persistence';
import { type Answer, eventually, type Person, served } from '@rookery/testing';
import { ownSystem } from '@rookery/testing/own-system';
import { askedDuring } from '@rookery/testing/statements';
import type { Role } from '../contract';
import { gather, tag } from '../testing';
import { StoredMemberships } from './memberships';

describe('The workspaces contract for other contexts', () => {
  const system = ownSystem(contexts);
  let ada: Person;
  let bob: Person;
  let eve: Person;

  beforeAll(async () => {
    [ada, bob, eve] = await Promise.all([enroll(system), enroll(system), enroll(system)]);
  });

  const memberships = () => system.inApi(StoredMemberships);
  const locked = <T>(work: (roleOf: (who: Person, id: string) => Promise<Role | null>) => Promise<T>) =>
    system.inApi(Transaction).run(() => work((who, id) => memberships().lockRole(who.id, id)));
  const waiting = (count: number) =>
    eventually(async () => {
      const found = await system.sql(
        `SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`,
      );
      return found.length === count;
    });
  const remove = (id: string, who: Person) =>
    system.ask(`DELETE /v1/workspaces/${id}/members/${who.id}`, { token: ada.token });

  it('returns the current role, and null for others, former members and unknown workspaces', async () => {
    const id = await gather(system, ada, [[bob, 'guest']]);
    const roles = async () => {
      const plain = await Promise.all([ada, bob, eve].map((who) => memberships().roleOf(who.id, id)));
      const held = await locked(async (roleOf) => [
        await roleOf(ada, id),
        await roleOf(bob, id),
        await roleOf(eve, id),
      ]);
      expect(held).toEqual(plain);
      return plain;
    };
    expect(await roles()).toEqual(['owner', 'guest', null]);
    await remove(id, bob);
    expect(await roles()).toEqual(['owner', null, null]);
    await system.ask(`DELETE /v1/workspaces/${id}`, { token: ada.token });
    expect(await roles()).toEqual([null, null, null]);
    expect(await memberships().roleOf(ada.id, newId())).toBeNull();
  });

  it('returns the active members of a workspace, and the workspaces of a user', async () => {
    const carol = await enroll(system);
    const id = await gather(system, ada, [
      [bob, 'member'],
      [carol, 'guest'],
    ]);
    const members = async () => (await memberships().membersOf(id)).map(({ userId, role }) => [userId, role]);
    expect(new Map((await members()) as [string, Role][])).toEqual(
      new Map([
        [ada.id, 'owner'],
        [bob.id, 'member'],
        [carol.id, 'guest'],
      ]),
    );
    expect(await memberships().workspacesOf(carol.id)).toContainEqual({ workspaceId: id, role: 'guest' });
    await leave(system, carol);
    expect(new Map((await members()) as [string, Role][]).has(carol.id)).toBe(false);
  });

  it('creates the personal workspace in the transaction of the caller', async () => {
    const carol = await enroll(system);
    const undone = system.inApi(Transaction).run(async () => {
      await memberships().personalOf(carol.id);
      throw new Error('Undone.');
    });
    await expect(undone).rejects.toThrow('Undone.');
    const id = await memberships().personalOf(carol.id);
    expect(await memberships().personalOf(carol.id)).toBe(id);
    expect(await memberships().roleOf(carol.id, id)).toBe('owner');
    await expect(memberships().personalOf(newId())).rejects.toMatchObject({ code: 'resource.not-found' });
  });

  it.each<[string, (id: string) => Promise<Answer>]>([
    ['a removal', (id) => remove(id, bob)],
    [
      'a change of the role',
      (id) =>
        system.ask(`PATCH /v1/workspaces/${id}/members/${bob.id}`, {
          token: ada.token,
          body: { role: 'guest' },
        }),
    ],
    ['a deletion', (id) => system.ask(`DELETE /v1/workspaces/${id}`, { token: ada.token })],
  ])('makes %s wait for a command that has locked the role, but not another command', async (_, end) => {
    const id = await gather(system, ada, [[bob, 'member']]);
    let ending: Promise<{ status: number }> | undefined;
    let over = false;
    await locked(async (roleOf) => {
      expect(await roleOf(bob, id)).toBe('member');
      // It waits for two seconds, and is repeated if this takes longer.
      ending = served(() => end(id)).finally(() => (over = true));
      await waiting(1);
      // Another command of the same member continues meanwhile, for example in the worker.
      const other = system
        .inWorker(Transaction)
        .run(() => system.inWorker(StoredMemberships).lockRole(bob.id, id));
      expect(await other).toBe('member');
      expect(over).toBe(false);
    });
    expect([200, 204]).toContain((await ending!).status);
    expect(await memberships().roleOf(bob.id, id)).not.toBe('member');
  });

  it('makes the deletion of a tag wait for a command that has locked it', async () => {
    const id = await gather(system, ada, [[bob, 'member']]);
    const { id: tagId, name } = await tag(system, ada, id);
    const other = await tag(system, ada, await gather(system, ada));
    let ending: Promise<{ status: number }> | undefined;
    await locked(async (roleOf) => {
      await roleOf(bob, id);
      expect(await memberships().lockTags(id, [tagId, other.id, newId()])).toEqual([{ id: tagId, name }]);
      ending = served(() => system.ask(`DELETE /v1/workspaces/${id}/tags/${tagId}`, { token: ada.token }));
      await waiting(1);
    });
    expect((await ending!).status).toBe(204);
    expect(await memberships().tagsOf(id, [tagId])).toEqual([]);
  });

  it('needs one statement for each call', async () => {
    const id = await gather(system, ada, [[bob, 'member']]);
    const count = async (work: () => Promise<unknown>) =>
      (await askedDuring(system, work)).postgres.flat().filter((word) => /SELECT|WITH/.test(word)).length;
    expect(await count(() => memberships().roleOf(bob.id, id))).toBe(1);
    expect(await count(() => memberships().membersOf(id))).toBe(1);
    expect(await count(() => memberships().workspacesOf(bob.id))).toBe(1);
    expect(await count(() => locked((roleOf) => roleOf(bob, id)))).toBe(1);
  });

  it('lists many with as many statements as few', async () => {
    const few = await gather(system, ada, [[bob, 'member']]);
    const many = await gather(system, ada);
    await system.sql(
      `WITH joining AS (
         INSERT INTO workspaces.people (id, version, username, name, active)
         SELECT gen_random_uuid(), 1, 'extra', 'Extra', true FROM generate_series(1, 200) RETURNING id)
       INSERT INTO workspaces.members (id, version, workspace_id, user_id, role, joined_at)
       SELECT gen_random_uuid(), 1, $1, id, 'guest', now() FROM joining`,
      [many],
    );
    const statements = async (path: string, { token }: Person) =>
      (await askedDuring(system, () => system.ask(`GET /v1/${path}?limit=100`, { token }))).postgres.flat()
        .length;
    // Now and then a request also reads its session again.
    await eventually(async () =>
      expect(await statements(`workspaces/${many}/members`, ada)).toBe(
        await statements(`workspaces/${few}/members`, ada),
      ),
    );
    await eventually(async () =>
      expect(await statements('workspaces', ada)).toBe(await statements('workspaces', eve)),
    );
  });
});
