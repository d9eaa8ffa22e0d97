import { newId } from '@rookery/domain';
import { enroll } from '@rookery/contexts/identity/testing';
import { block, leave } from '@rookery/contexts/social/testing';
import { type Person, sharedSystem } from '@rookery/testing';
import { verifyWalks } from '@rookery/testing/walk';
import { gather } from '../../testing';

describe('Listing the members of a workspace', () => {
  const system = sharedSystem();
  let ada: Person;
  let bob: Person;
  let eve: Person;

  beforeEach(async () => {
    [ada, bob, eve] = await Promise.all([
      enroll(system, { name: 'Ada Lovelace' }),
      enroll(system),
      enroll(system),
    ]);
  });

  const list = ({ token }: Person, id: string, query = '') =>
    system.ask(`GET /v1/workspaces/${id}/members${query}`, { token });
  const idsOf = (body: { data: { userId: string }[] }) => body.data.map(({ userId }) => userId).sort();

  it('shows all members with name and role, also to guests', async () => {
    const id = await gather(system, ada, [[bob, 'guest']]);
    const { status, body } = await list(bob, id);
    expect(status).toBe(200);
    expect(idsOf(body)).toEqual([ada.id, bob.id].sort());
    expect(body.data.find(({ userId }: { userId: string }) => userId === ada.id)).toEqual({
      userId: ada.id,
      username: expect.any(String),
      name: 'Ada Lovelace',
      role: 'owner',
      joinedAt: expect.any(String),
    });
  });

  it('shows members who have blocked each other', async () => {
    const id = await gather(system, ada, [[bob, 'member']]);
    await block(system, ada, bob);
    for (const who of [ada, bob]) expect(idsOf((await list(who, id)).body)).toHaveLength(2);
  });

  it('leaves out members with deleted accounts', async () => {
    const id = await gather(system, ada, [[bob, 'member']]);
    await leave(system, bob);
    expect(idsOf((await list(ada, id)).body)).toEqual([ada.id]);
  });

  it('returns 404 to users outside the workspace', async () => {
    const id = await gather(system, ada);
    expect((await list(eve, id)).status).toBe(404);
    expect((await list(ada, newId())).status).toBe(404);
    expect((await list(ada, 'no-id')).status).toBe(404);
  });

  it('neither skips nor repeats members while others join and leave', async () => {
    await verifyWalks(async () => {
      const id = await gather(system, ada);
      await system.sql(`UPDATE workspaces.members SET joined_at = '2025-01-01' WHERE workspace_id = $1`, [
        id,
      ]);
      return {
        insert: async (times) => {
          const ids = times.map(() => newId());
          await system.sql(
            `WITH joining AS (
               INSERT INTO workspaces.people (id, version, username, name, active)
               SELECT id, 1, 'walked', 'Walked', true FROM unnest($2::uuid[]) AS id)
             INSERT INTO workspaces.members (id, version, workspace_id, user_id, role, joined_at)
             SELECT gen_random_uuid(), 1, $1, id, 'guest', timestamptz '2026-01-01' + ms * interval '1 ms'
             FROM unnest($2::uuid[], $3::int[]) AS joined (id, ms)`,
            [id, ids, times],
          );
          return ids;
        },
        remove: async (ids) =>
          void (await system.sql('DELETE FROM workspaces.members WHERE user_id = ANY ($1::uuid[])', [ids])),
        page: async (query) => {
          const { data, page } = (await list(ada, id, `?${query}`)).body;
          const joined = (data as { userId: string; joinedAt: string }[])
            .filter(({ userId }) => userId !== ada.id)
            .map(({ userId, joinedAt }) => ({ id: userId, createdAt: joinedAt }));
          return { data: joined, page };
        },
      };
    });
  });
});
