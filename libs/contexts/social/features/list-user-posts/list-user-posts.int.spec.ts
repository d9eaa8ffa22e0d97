import { newId } from '@rookery/domain';
import { enroll } from '@rookery/contexts/identity/testing';
import { block, leave, publish } from '@rookery/contexts/social/testing';
import { type Person, sharedSystem } from '@rookery/testing';
import { verifyWalks } from '@rookery/testing/walk';

describe("Listing a user's posts", () => {
  const system = sharedSystem();
  let ada: Person;
  let bob: Person;

  beforeEach(async () => {
    [ada, bob] = await Promise.all([enroll(system), enroll(system)]);
  });

  const list = (id: string, query = '') =>
    system.ask(`GET /v1/users/${id}/posts?${query}`, { token: bob.token });

  it('shows the newest first, and only theirs', async () => {
    const first = await publish(system, ada, { title: 'First' });
    const second = await publish(system, ada, { title: 'Second' });
    await publish(system, bob);
    expect(await list(ada.id)).toMatchObject({
      status: 200,
      body: { data: [second, first], page: { nextCursor: null } },
    });
  });

  it('has nothing about a new user', async () => {
    expect(await list(ada.id)).toMatchObject({ status: 200, body: { data: [] } });
  });

  it('does not exist for somebody who is not there, is not active, or has been blocked or blocks', async () => {
    const [eve, mallory] = await Promise.all([enroll(system), enroll(system)]);
    await publish(system, ada);
    await leave(system, ada);
    await block(system, eve, bob);
    await block(system, bob, mallory);
    for (const id of [ada.id, eve.id, mallory.id, newId(), 'nobody']) {
      expect(await list(id)).toMatchObject({ status: 404, body: { code: 'resource.not-found' } });
    }
  });

  it("does not take another author's cursor", async () => {
    await publish(system, ada);
    await publish(system, ada);
    const { body } = await list(ada.id, 'limit=1');
    expect(await list(bob.id, `cursor=${body.page.nextCursor}`)).toMatchObject({
      status: 400,
      body: { code: 'request.invalid-cursor' },
    });
  });

  it('skips and repeats nothing while posts come and go, also those of one millisecond', async () => {
    await verifyWalks(async () => {
      const author = newId();
      await system.sql(
        `INSERT INTO social.people (id, version, username, name, active) VALUES ($1, 1, 'walked', 'Walked', true)`,
        [author],
      );
      return {
        insert: async (times) =>
          (
            await system.sql<{ id: string }>(
              `INSERT INTO social.posts (id, version, author_id, title, content, tags, created_at, updated_at)
               SELECT gen_random_uuid(), 1, $1, 'Title', 'Content', '{}', at, at
               FROM (SELECT timestamptz '2026-01-01' + ms * interval '1 ms' AS at FROM unnest($2::int[]) AS ms) AS times
               RETURNING id`,
              [author, times],
            )
          ).map(({ id }) => id),
        remove: async (ids) =>
          void (await system.sql('DELETE FROM social.posts WHERE id = ANY ($1::uuid[])', [ids])),
        page: async (query) => (await list(author, query)).body,
      };
    });
  });
});
