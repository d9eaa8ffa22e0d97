import { enroll } from '@rookery/contexts/identity/testing';
import { newId } from '@rookery/domain';
import { type Person, sharedSystem } from '@rookery/testing';
import { verifyWalks } from '@rookery/testing/walk';
import { gather, onboard, personalOf } from '../../testing';

describe('Listing your workspaces', () => {
  const system = sharedSystem();
  let ada: Person;
  let bob: Person;

  beforeEach(async () => {
    [ada, bob] = await Promise.all([enroll(system), enroll(system)]);
  });

  const list = async ({ token }: Person, query = '') =>
    (await system.ask(`GET /v1/workspaces${query}`, { token })).body;

  it('lists the workspaces of the user with their role, the latest joined first', async () => {
    const personal = await personalOf(system, ada);
    const first = await onboard(system, ada, { name: 'First' });
    const second = await gather(system, bob, [[ada, 'guest']]);
    await onboard(system, bob);
    const { data } = await list(ada);
    expect(data).toMatchObject([
      { id: second, role: 'guest', membersCount: 2, personal: false },
      first,
      { id: personal, role: 'owner', membersCount: 1, personal: true, name: 'Personal' },
    ]);
  });

  it('neither skips nor repeats workspaces while others change, also if joined in the same millisecond', async () => {
    const personal = await personalOf(system, ada);
    await system.sql(`UPDATE workspaces.members SET joined_at = '2025-01-01' WHERE user_id = $1`, [ada.id]);
    await verifyWalks(async () => {
      await system.sql('DELETE FROM workspaces.members WHERE user_id = $1 AND workspace_id <> $2', [
        ada.id,
        personal,
      ]);
      return {
        insert: async (times) => {
          const ids = times.map(() => newId());
          await system.sql(
            `WITH rooms AS (
               INSERT INTO workspaces.workspaces (id, version, name, created_at, updated_at)
               SELECT id, 1, 'Walked', now(), now() FROM unnest($2::uuid[]) AS id)
             INSERT INTO workspaces.members (id, version, workspace_id, user_id, role, joined_at)
             SELECT gen_random_uuid(), 1, id, $1, 'guest', timestamptz '2026-01-01' + ms * interval '1 ms'
             FROM unnest($2::uuid[], $3::int[]) AS room (id, ms)`,
            [ada.id, ids, times],
          );
          return ids;
        },
        remove: async (ids) =>
          void (await system.sql('DELETE FROM workspaces.workspaces WHERE id = ANY ($1::uuid[])', [ids])),
        page: async (query) => {
          const { data, page } = await list(ada, `?${query}`);
          const joined = data
            .filter(({ id }: { id: string }) => id !== personal)
            .map(({ id, joinedAt }: { id: string; joinedAt: string }) => ({ id, createdAt: joinedAt }));
          return { data: joined, page };
        },
      };
    });
  });
});
