import { newId } from '@rookery/domain';
import { enroll } from '@rookery/contexts/identity/testing';
import { block, hide, like, publish } from '@rookery/contexts/social/testing';
import { eventually, type Person, sharedSystem } from '@rookery/testing';

interface Liked {
  id: string;
}

describe('Listing who likes a post', () => {
  const system = sharedSystem();
  let ada: Person;
  let bob: Person;
  let postId: string;

  beforeEach(async () => {
    [ada, bob] = await Promise.all([enroll(system), enroll(system)]);
    postId = (await publish(system, ada)).id;
  });

  const list = (who: Person, query = '', id = postId) =>
    system.ask(`GET /v1/posts/${id}/likes?${query}`, { token: who.token });
  const ids = async (who: Person) => ((await list(who)).body.data as Liked[]).map(({ id }) => id);

  it('shows the latest first, and only those of the post', async () => {
    await like(system, bob, postId);
    await like(system, ada, postId);
    await like(system, bob, (await publish(system, ada)).id);
    const { status, body } = await list(bob);
    expect(status).toBe(200);
    expect(body).toEqual({
      data: [
        { id: ada.id, username: expect.any(String), name: 'Some Person', likedAt: expect.any(String) },
        { id: bob.id, username: expect.any(String), name: 'Some Person', likedAt: expect.any(String) },
      ],
      page: { nextCursor: null },
    });
  });

  it('leaves out users who have blocked the reader or are not active; the count includes them', async () => {
    const [blocker, blocked, deleted] = await Promise.all([enroll(system), enroll(system), enroll(system)]);
    for (const who of [blocker, blocked, deleted]) await like(system, who, postId);
    await block(system, blocker, bob);
    await block(system, bob, blocked);
    await hide(system, deleted);
    expect(await ids(bob)).toEqual([blocked.id]);
    expect(await ids(ada)).toEqual([blocked.id, blocker.id]);
    await eventually(async () => {
      const { body } = await system.ask(`GET /v1/posts/${postId}`, { token: bob.token });
      expect(body.likesCount).toBe(3);
    });
  });

  it('does not exist where the post does not', async () => {
    await block(system, ada, bob);
    for (const id of [postId, newId(), 'nothing']) {
      expect(await list(bob, '', id)).toMatchObject({ status: 404, body: { code: 'resource.not-found' } });
    }
  });

  it('is paged, also through likes of one millisecond, and refuses a cursor of another post', async () => {
    const people = await system.sql<{ id: string }>(
      `WITH liked AS (
         INSERT INTO social.likes (id, version, post_id, user_id, liked_at)
         SELECT gen_random_uuid(), 1, $1, gen_random_uuid(), timestamptz '2026-01-01' + nr / 3 * interval '1 ms'
         FROM generate_series(1, 10) nr RETURNING user_id, liked_at
       ), named AS (
         INSERT INTO social.people (id, version, username, name, active)
         SELECT user_id, 1, 'liker-' || user_id, 'Liker', true FROM liked)
       SELECT user_id AS id FROM liked ORDER BY liked_at DESC, user_id DESC`,
      [postId],
    );
    const walked: string[] = [];
    let cursor = '';
    do {
      const { body } = await list(ada, `limit=4${cursor && `&cursor=${cursor}`}`);
      walked.push(...(body.data as Liked[]).map(({ id }) => id));
      cursor = (body.page as { nextCursor: string | null }).nextCursor ?? '';
    } while (cursor);
    expect(walked).toEqual(people.map(({ id }) => id));
    const { body } = await list(ada, 'limit=4');
    const other = (await publish(system, ada)).id as string;
    const foreign = await list(ada, `cursor=${body.page.nextCursor}`, other);
    expect(foreign).toMatchObject({ status: 400, body: { code: 'request.invalid-cursor' } });
  });
});
