import { newId } from '@rookery/domain';
import { enroll } from '@rookery/contexts/identity/testing';
import { block, comment, leave, publish } from '@rookery/contexts/social/testing';
import { type Person, sharedSystem } from '@rookery/testing';
import { verifyWalks } from '@rookery/testing/walk';

describe('Listing the comments of a post', () => {
  const system = sharedSystem();
  let ada: Person;
  let bob: Person;
  let postId: string;

  beforeEach(async () => {
    [ada, bob] = await Promise.all([enroll(system), enroll(system)]);
    postId = (await publish(system, ada)).id;
  });

  const list = (who: Person, id = postId, query = '') =>
    system.ask(`GET /v1/posts/${id}/comments?${query}`, { token: who.token });

  it('shows the newest first, and only those of the post', async () => {
    const first = await comment(system, bob, postId, 'First');
    const second = await comment(system, ada, postId, 'Second');
    await comment(system, bob, (await publish(system, ada)).id);
    expect(await list(bob)).toMatchObject({
      status: 200,
      body: { data: [second, first], page: { nextCursor: null } },
    });
  });

  it('shows the oldest first if asked to, with cursors of that order only', async () => {
    const written = [];
    for (const content of ['One', 'Two', 'Three']) written.push(await comment(system, bob, postId, content));
    const first = await list(ada, postId, 'sort=asc&limit=2');
    expect(first.body.data).toEqual(written.slice(0, 2));
    const cursor = first.body.page.nextCursor as string;
    const next = await list(ada, postId, `sort=asc&limit=2&cursor=${cursor}`);
    expect(next.body).toEqual({ data: written.slice(2), page: { nextCursor: null } });
    for (const order of ['', '&sort=desc']) {
      expect(await list(ada, postId, `limit=2&cursor=${cursor}${order}`)).toMatchObject({
        status: 400,
        body: { code: 'request.invalid-cursor' },
      });
    }
    expect((await list(ada, postId, 'sort=best')).status).toBe(400);
  });

  it('excludes comments that a block hides, in both directions, and of inactive users; the count includes them', async () => {
    const [blocker, blocked, deleted] = await Promise.all([enroll(system), enroll(system), enroll(system)]);
    for (const who of [blocker, blocked, deleted]) await comment(system, who, postId);
    await block(system, blocker, bob);
    await block(system, bob, blocked);
    await leave(system, deleted);
    const shown = await comment(system, bob, postId);
    expect((await list(bob)).body.data).toEqual([shown]);
    expect((await list(ada)).body.data).toHaveLength(3);
    const { body } = await system.ask(`GET /v1/posts/${postId}`, { token: bob.token });
    expect(body.commentsCount).toBe(4);
  });

  it('does not exist where the post does not', async () => {
    await block(system, ada, bob);
    for (const id of [postId, newId(), 'nothing']) {
      expect(await list(bob, id)).toMatchObject({ status: 404, body: { code: 'resource.not-found' } });
    }
  });

  it('skips and repeats nothing while comments come and go, also those of one millisecond', async () => {
    await verifyWalks(async () => {
      const { id: walked } = await publish(system, ada);
      return {
        insert: async (times) =>
          (
            await system.sql<{ id: string }>(
              `INSERT INTO social.comments (id, version, post_id, author_id, content, created_at, updated_at)
               SELECT gen_random_uuid(), 1, $1, $2, 'Content', at, at
               FROM (SELECT timestamptz '2026-01-01' + ms * interval '1 ms' AS at FROM unnest($3::int[]) AS ms) AS times
               RETURNING id`,
              [walked, ada.id, times],
            )
          ).map(({ id }) => id),
        remove: async (ids) =>
          void (await system.sql('DELETE FROM social.comments WHERE id = ANY ($1::uuid[])', [ids])),
        page: async (query) => (await list(ada, walked, query)).body,
      };
    });
  });
});
